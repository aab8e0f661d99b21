# Writes the R values of the mixed, response and marker models, each beside its call: Rscript make_model_truth.R
# (in this folder; R with lme4, nlme, survival, jsonlite). The tests read the JSON files only.
suppressMessages({library(lme4); library(nlme); library(survival); library(jsonlite)})

save_data <- function(name, table) {
  write.csv(table, file.path("data", paste0(name, ".csv")), row.names = FALSE, na = "", quote = FALSE)
  read.csv(file.path("data", paste0(name, ".csv")))
}
sleepstudy <- save_data("sleepstudy", transform(sleepstudy, Subject = as.integer(as.character(Subject))))
Orthodont <- save_data("orthodont", transform(as.data.frame(Orthodont), Subject = as.character(Subject), male = as.integer(Sex == "Male"))[, c("distance", "age", "Subject", "male")])
Oxboys <- save_data("oxboys", transform(as.data.frame(Oxboys), Subject = as.integer(as.character(Subject)))[, c("Subject", "age", "height")])
BodyWeight <- save_data("bodyweight", data.frame(Rat = as.integer(as.character(BodyWeight$Rat)), time = BodyWeight$Time, weight = BodyWeight$weight, diet = as.integer(BodyWeight$Diet)))
set.seed(41)
marker <- do.call(rbind, lapply(1:120, function(i) {
  n <- sample(1:8, 1); day <- sort(sample(0:900, n)); b <- c(rnorm(1, 0, 0.9), rnorm(1, 0, 0.0012)); g <- i %% 2
  data.frame(patient = i, group = g, day = day, log_fold = round(1.2 + b[1] + (0.0004 - 0.0009 * g + b[2]) * day + rnorm(n, 0, 0.35), 6))
}))
marker <- save_data("marker", marker)

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), check.conv.grad = "ignore", check.conv.hess = "ignore", check.scaleX = "ignore")
mixed <- function(fit) list(engine = "lme4", fixed = unname(fixef(fit)), covariance = unname(as.matrix(vcov(fit))),
  random = unname(matrix(as.numeric(VarCorr(fit)[[1]]), nrow(VarCorr(fit)[[1]]))), sigma = sigma(fit), log_likelihood = as.numeric(logLik(fit)),
  labels = rownames(ranef(fit)[[1]]), effects = unname(as.matrix(ranef(fit)[[1]])),
  effect_covariance = unname(attr(ranef(fit, condVar = TRUE)[[1]], "postVar")[, , 1, drop = TRUE]), fitted = unname(fitted(fit)))
mixed_nlme <- function(fit) list(engine = "nlme", fixed = unname(fixef(fit)), random = unname(matrix(as.numeric(getVarCov(fit)), nrow(getVarCov(fit)))), sigma = fit$sigma, log_likelihood = as.numeric(logLik(fit)))
exact <- lmeControl(msTol = 1e-12, tolerance = 1e-12, opt = "optim", maxIter = 400, msMaxIter = 400)

write_topic <- function(topic, calls) {
  entries <- lapply(names(calls), function(id) list(id = id, call = calls[[id]], values = eval(parse(text = calls[[id]]), globalenv())))
  made_with <- paste("R", getRversion(), "lme4", packageVersion("lme4"), "nlme", packageVersion("nlme"), "survival", packageVersion("survival"))
  write_json(list(made_with = made_with, entries = entries), paste0(topic, ".json"), digits = I(17), auto_unbox = TRUE, null = "null", na = "null", pretty = 0)
}
write_topic("mixed_model", list(
  sleepstudy_reml = 'mixed(lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = tight))',
  sleepstudy_ml = 'mixed(lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE, control = tight))',
  sleepstudy_intercept = 'mixed(lmer(Reaction ~ Days + (1 | Subject), sleepstudy, REML = FALSE, control = tight))',
  orthodont_reml = 'mixed(lmer(distance ~ age * male + (age | Subject), Orthodont, control = tight))',
  orthodont_ml = 'mixed(lmer(distance ~ age * male + (age | Subject), Orthodont, REML = FALSE, control = tight))',
  orthodont_nlme = 'mixed_nlme(lme(distance ~ age * male, random = ~ age | Subject, data = Orthodont, method = "REML", control = exact))',
  oxboys_quadratic_ml = 'mixed(lmer(height ~ age + I(age^2) + (age + I(age^2) | Subject), Oxboys, REML = FALSE, control = tight))',
  oxboys_quadratic_reml = 'mixed(lmer(height ~ age + I(age^2) + (age + I(age^2) | Subject), Oxboys, control = tight))',
  bodyweight_reml = 'mixed(lmer(weight ~ time * factor(diet) + (time | Rat), BodyWeight, control = tight))',
  bodyweight_nlme = 'mixed_nlme(lme(weight ~ time * factor(diet), random = ~ time | Rat, data = BodyWeight, method = "ML", control = exact))',
  marker_reml = 'mixed(lmer(log_fold ~ day * group + (day | patient), transform(marker, day = day / 365.25), control = tight))',
  marker_ml = 'mixed(lmer(log_fold ~ day * group + (day | patient), transform(marker, day = day / 365.25), REML = FALSE, control = tight))'
))
marker$limited <- pmax(marker$log_fold, 0.5)
write_topic("censored_model", list(
  tobit = 'with(survreg(Surv(limited, log_fold > 0.5, type = "left") ~ I(day / 365.25) * group, marker, dist = "gaussian", control = survreg.control(rel.tolerance = 1e-12)), list(coefficients = unname(coefficients), sigma = scale, log_likelihood = loglik[2]))'
))
heart <- read.csv("data/heart.csv")
tight_cox <- coxph.control(eps = 1e-13, iter.max = 40)
people <- do.call(rbind, lapply(split(heart, heart$id), function(x) data.frame(id = x$id[1], days = max(x$stop), happened = max(x$event), age = x$age[1], transplant = if (any(x$transplant == 1)) min(x$start[x$transplant == 1]) else Inf)))
late <- transform(subset(people, days > 300), days = days - 300, responded = as.integer(transplant <= 300))
write_topic("marker_outcome", list(
  time_dependent = 'with(coxph(Surv(start, stop, event) ~ transplant + age, heart, control = tight_cox), list(coefficients = unname(coefficients), variance = unname(var), log_likelihood = loglik[2]))',
  landmark_counts = 'with(people, list(events = sum(days <= 300 & happened == 1), censored = sum(days <= 300 & happened == 0)))',
  landmark_log_rank = 'survdiff(Surv(days, happened) ~ responded, late)$chisq',
  landmark_hazard = 'unname(coef(coxph(Surv(days, happened) ~ responded, late, control = tight_cox)))',
  mantel_byar = 'coxph(Surv(start, stop, event) ~ transplant, transform(heart, start = start + id / 1000 * (transplant == 1), stop = stop + id / 1000), ties = "breslow")$score',
  simon_makuch = 'with(survfit(Surv(start, stop, event) ~ transplant, heart, conf.type = "log-log"), list(time = time, survival = surv, strata = unname(strata)))'
))
suppressMessages({library(MASS); library(geepack)})
birthwt <- save_data("birthwt", birthwt[, c("low", "age", "lwt", "smoke", "ht")])
bacteria <- save_data("bacteria", data.frame(person = as.integer(bacteria$ID), y = as.integer(bacteria$y == "y"), week = bacteria$week, drug = as.integer(bacteria$trt != "placebo")))
housing <- save_data("housing", data.frame(sat = as.integer(housing$Sat), infl = as.integer(housing$Infl), cont = as.integer(housing$Cont == "High"), freq = housing$Freq))
firth <- function(formula, data, width) {
  x <- model.matrix(formula, data); y <- model.response(model.frame(formula, data))
  value <- function(b) { p <- plogis(drop(x %*% b)); v <- -sum(dbinom(y, 1, p, log = TRUE)) - 0.5 * as.numeric(determinant(t(x) %*% (x * p * (1 - p)))$modulus); if (is.finite(v)) v else 1e10 }
  best <- function(start, fixed = NULL, at = 0) { f <- function(b) { if (!is.null(fixed)) b[fixed] <- at; value(b) }
    if (!is.null(fixed) && fixed > 1) start[1] <- start[1] - (at - start[fixed]) * mean(x[, fixed])
    r <- optim(start, f, method = "Nelder-Mead", control = list(maxit = 50000, reltol = 1e-16)); r <- optim(r$par, f, method = "Nelder-Mead", control = list(maxit = 50000, reltol = 1e-16)); if (!is.null(fixed)) r$par[fixed] <- at; r }
  top <- best(rep(0, ncol(x)))
  drop2 <- function(j, at) 2 * (best(top$par, j, at)$value - top$value)
  p <- sapply(2:ncol(x), function(j) pchisq(drop2(j, 0), 1, lower.tail = FALSE))
  limits <- if (width > 0) t(sapply(2:ncol(x), function(j) { g <- function(at) min(drop2(j, at), 1e3) - qchisq(0.95, 1)
    c(uniroot(g, top$par[j] - c(width, 1e-6), tol = 1e-8)$root, uniroot(g, top$par[j] + c(1e-6, width), tol = 1e-8)$root) })) else NULL
  list(coefficients = top$par, log_likelihood = -top$value, p_values = p, limits = limits)
}
separated <- data.frame(y = c(0,0,0,0,0,0,1,0,1,1,1,1,1,1,1), x = c(1,2,3,4,5,6,6.2,6.1,7,8,9,10,11,12,13), z = c(0,1,0,1,0,1,1,0,0,0,0,0,0,0,0))
ratio_limits <- function(x1, n1, x0, n0) {
  score <- function(r) { n <- n1 + n0; a <- n * r; b <- -(n1 * r + x1 + n0 + x0 * r); p0 <- (-b - sqrt(b^2 - 4 * a * (x1 + x0))) / (2 * a); p1 <- r * p0
    (x1 / n1 - r * x0 / n0)^2 / ((p1 * (1 - p1) / n1 + r^2 * p0 * (1 - p0) / n0) * n / (n - 1)) - qchisq(0.95, 1) }
  r <- (x1 / n1) / (x0 / n0); c(uniroot(score, c(1e-3, r), tol = 1e-12)$root, uniroot(score, c(r, 1e3), tol = 1e-12)$root)
}
wilson <- function(x, n) as.numeric(prop.test(x, n, correct = FALSE)$conf.int)
newcombe <- function(x1, n1, x0, n0) { a <- wilson(x1, n1); b <- wilson(x0, n0); p <- x1 / n1; q <- x0 / n0
  p - q + c(-1, 1) * sqrt(c((p - a[1])^2 + (b[2] - q)^2, (a[2] - p)^2 + (q - b[1])^2)) }
logit <- function(fit) list(coefficients = unname(coef(fit)), covariance = unname(vcov(fit)), log_likelihood = as.numeric(logLik(fit)))
write_topic("response_model", list(
  logistic = 'logit(glm(low ~ age + lwt + smoke + ht, binomial, birthwt, epsilon = 1e-14))',
  firth = 'firth(low ~ smoke + ht, birthwt, 3)',
  separated = 'firth(y ~ x + z, separated, 0)',
  gee = 'with(summary(geeglm(y ~ drug + week, id = person, data = bacteria, family = binomial, corstr = "exchangeable", control = geese.control(epsilon = 1e-12, maxit = 100))), list(coefficients = coefficients[, 1], errors = coefficients[, 2]))',
  gee_independence = 'with(summary(geeglm(y ~ drug + week, id = person, data = bacteria, family = binomial, corstr = "independence", control = geese.control(epsilon = 1e-12))), list(coefficients = coefficients[, 1], errors = coefficients[, 2]))',
  ordinal = 'with(list(fit = polr(factor(sat) ~ infl + cont, housing, weights = freq, Hess = TRUE, control = list(reltol = 1e-14))), list(coefficients = unname(coef(fit)), errors = unname(sqrt(diag(vcov(fit)))[1:2]), log_likelihood = as.numeric(logLik(fit))))',
  difference = 'newcombe(56, 70, 48, 80)',
  ratio = 'ratio_limits(36, 40, 16, 80)',
  fisher = 'fisher.test(matrix(c(36, 4, 16, 64), 2))$p.value'
))
