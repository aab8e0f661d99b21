# Writes the R values the tests compare with, each beside the call that made it: Rscript make_truth.R (in this folder).
# The tests read the JSON files only; R is not needed to run them.
suppressMessages({library(survival); library(cmprsk); library(jsonlite); library(splines)})

dir.create("data", showWarnings = FALSE)
save_data <- function(name, table) {
  write.csv(table, file.path("data", paste0(name, ".csv")), row.names = FALSE, na = "", quote = FALSE)
  table
}
lung$happened <- as.integer(lung$status == 2)
lung$person <- (seq_len(nrow(lung)) - 1) %/% 3
set.seed(3)
lung$w <- round(runif(nrow(lung), 0.3, 2.7), 3)
lung <- save_data("lung", lung[, c("time", "happened", "age", "sex", "ph.ecog", "wt.loss", "inst", "person", "w")])
heart <- transform(heart, start = round(start * 10), stop = round(stop * 10), transplant = as.integer(transplant) - 1)
heart <- save_data("heart", heart[, c("start", "stop", "event", "age", "year", "surgery", "transplant", "id")])
bladder2 <- save_data("bladder2", bladder2[, c("id", "rx", "number", "size", "start", "stop", "event", "enum")])
veteran <- save_data("veteran", transform(veteran, celltype = as.integer(celltype)))
mgus2$etime <- with(mgus2, ifelse(pstat == 0, futime, ptime))
mgus2$cause <- with(mgus2, ifelse(pstat == 0, 2 * death, 1))
mgus2 <- subset(mgus2, etime > 0 & !is.na(mspike) & !is.na(hgb))
mgus2$female <- as.integer(mgus2$sex == "F")
mgus2 <- save_data("mgus2", mgus2[, c("etime", "cause", "age", "female", "hgb", "mspike")])
set.seed(7)
ties <- data.frame(time = sample(1:12, 120, TRUE), happened = rbinom(120, 1, 0.7), x = round(rnorm(120), 3),
                   g = sample(c("A", "B", "C"), 120, TRUE), entry = 0)
ties$entry <- pmax(0, ties$time - sample(1:12, 120, TRUE))
ties <- save_data("ties", ties)
write.csv(gbsg[, c("age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon", "rfstime", "status")],
          file.path("data", "gbsg.csv"), row.names = FALSE)

curve <- function(fit) {
  q <- quantile(fit, 0.5)
  list(time = fit$time, n_risk = fit$n.risk, survival = fit$surv,
       std_error_log = if (isFALSE(fit$logse)) fit$std.err / fit$surv else fit$std.err,
       low = fit$lower, high = fit$upper, strata = as.list(fit$strata),
       median = unname(as.matrix(rbind(summary(fit)$table))[, c("median", "0.95LCL", "0.95UCL")]))
}
test_of <- function(fit) list(statistic = fit$chisq, degrees_of_freedom = length(fit$n) - 1, p_value = fit$pvalue)
model <- function(fit, residuals = FALSE) {
  values <- list(coefficients = unname(coef(fit)), variance = unname(fit$var), log_likelihood = fit$loglik,
                 score_test = fit$score, robust_score = fit$rscore[1])
  if (!is.null(fit$naive.var)) values$model_variance <- unname(fit$naive.var)
  if (residuals) {
    values$martingale <- unname(resid(fit, "martingale"))
    values$score <- unname(as.matrix(resid(fit, "score")))
    values$schoenfeld <- unname(as.matrix(resid(fit, "schoenfeld")))
    values$dfbeta <- unname(as.matrix(resid(fit, "dfbeta", weighted = TRUE)))
    base <- basehaz(fit, centered = FALSE)
    values$baseline_time <- base$time
    values$baseline_hazard <- base$hazard
  }
  values
}
zph <- function(test) list(statistic = unname(test$table[, "chisq"]), df = unname(test$table[, "df"]),
                           p_value = unname(test$table[, "p"]))

write_topic <- function(topic, calls) {
  entries <- lapply(names(calls), function(id)
    list(id = id, call = calls[[id]], values = eval(parse(text = calls[[id]]), globalenv())))
  made_with <- paste("R", getRversion(), "survival", packageVersion("survival"), "cmprsk", packageVersion("cmprsk"))
  write_json(list(made_with = made_with, entries = entries), paste0(topic, ".json"), digits = I(17),
             auto_unbox = TRUE, null = "null", na = "null", pretty = 0)
}
tight <- coxph.control(eps = 1e-13, iter.max = 40)

write_topic("survival", list(
  lung_loglog = 'curve(survfit(Surv(time, happened) ~ sex, lung, conf.type = "log-log"))',
  lung_log = 'curve(survfit(Surv(time, happened) ~ sex, lung, conf.type = "log"))',
  lung_plain = 'curve(survfit(Surv(time, happened) ~ sex, lung, conf.type = "plain"))',
  lung_weights = 'curve(survfit(Surv(time, happened) ~ sex, lung, weights = w, robust = TRUE, conf.type = "log-log"))',
  lung_persons = 'curve(survfit(Surv(time, happened) ~ sex, lung, cluster = person, conf.type = "log-log"))',
  lung_weights_persons = 'curve(survfit(Surv(time, happened) ~ sex, lung, weights = w, cluster = person, conf.type = "log-log"))',
  ties_entry = 'curve(survfit(Surv(entry, time, happened) ~ g, ties, conf.type = "log-log"))',
  heart_entry = 'curve(survfit(Surv(start, stop, event) ~ transplant, heart, conf.type = "log-log"))',
  flat_median = 'curve(survfit(Surv(1:8, c(1, 1, 1, 1, 0, 0, 0, 1)) ~ 1, conf.type = "log-log"))',
  flat_to_the_end = 'curve(survfit(Surv(1:4, c(1, 1, 0, 0)) ~ 1, conf.type = "log-log"))',
  all_events = 'curve(survfit(Surv(c(1, 2, 2, 4, 5), rep(1, 5)) ~ 1, conf.type = "log-log"))',
  all_censored = 'curve(survfit(Surv(1:4, rep(0, 4)) ~ 1, conf.type = "log"))',
  lung_landmarks = 'with(summary(survfit(Surv(time, happened) ~ 1, lung, conf.type = "log-log"), times = c(100, 365, 731, 1022)), list(time = time, survival = surv, low = lower, high = upper, n_risk = n.risk))',
  lung_follow_up = 'curve(survfit(Surv(time, 1 - happened) ~ 1, lung, conf.type = "log-log"))$median'
))
write_topic("comparison", list(
  lung_sex = 'test_of(survdiff(Surv(time, happened) ~ sex, lung))',
  lung_sex_peto = 'test_of(survdiff(Surv(time, happened) ~ sex, lung, rho = 1))',
  lung_sex_half = 'test_of(survdiff(Surv(time, happened) ~ sex, lung, rho = 0.5))',
  lung_strata = 'test_of(survdiff(Surv(time, happened) ~ sex + strata(inst), lung))',
  ties_three = 'test_of(survdiff(Surv(time, happened) ~ g, ties))',
  ties_three_peto = 'test_of(survdiff(Surv(time, happened) ~ g, ties, rho = 1))',
  ties_entry = 'list(statistic = coxph(Surv(entry, time, happened) ~ g, ties, ties = "breslow")$score)',
  lung_persons = 'list(statistic = coxph(Surv(time, happened) ~ factor(sex) + cluster(person), lung)$rscore[1])',
  ties_persons = 'list(statistic = coxph(Surv(entry, time, happened) ~ g, ties, cluster = (seq_len(120) - 1) %/% 2)$rscore[1])'
))
write_topic("hazards", list(
  lung_efron = 'model(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight), TRUE)',
  lung_breslow = 'model(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, ties = "breslow", control = tight), TRUE)',
  lung_strata = 'model(coxph(Surv(time, happened) ~ age + ph.ecog + strata(sex), lung, control = tight), TRUE)',
  lung_weights = 'model(coxph(Surv(time, happened) ~ age + sex, lung, weights = w, robust = TRUE, control = tight), TRUE)',
  lung_weights_breslow = 'model(coxph(Surv(time, happened) ~ age + sex, lung, weights = w, robust = TRUE, ties = "breslow", control = tight), TRUE)',
  lung_persons = 'model(coxph(Surv(time, happened) ~ age + sex + cluster(person), lung, control = tight))',
  heart_td = 'model(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, control = tight), TRUE)',
  heart_td_breslow = 'model(coxph(Surv(start, stop, event) ~ (age + surgery) * transplant, heart, ties = "breslow", control = tight), TRUE)',
  heart_persons = 'model(coxph(Surv(start, stop, event) ~ age + transplant + cluster(id), heart, control = tight))',
  bladder_ag = 'model(coxph(Surv(start, stop, event) ~ rx + size + number + cluster(id), bladder2, subset = stop > start, control = tight))',
  bladder_pwp = 'model(coxph(Surv(start, stop, event) ~ rx + size + number + strata(enum) + cluster(id), bladder2, subset = stop > start, control = tight))',
  ties_entry = 'model(coxph(Surv(entry, time, happened) ~ x + g, ties, control = tight), TRUE)',
  veteran_strata = 'model(coxph(Surv(time, status) ~ karno + age + strata(celltype, trt), veteran, control = tight), TRUE)',
  gbsg = 'model(coxph(Surv(rfstime, status) ~ hormon + age + meno + size + factor(grade) + nodes + pgr + er, gbsg, control = tight))'
))
write_topic("cox_model", list(
  zph_lung = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight)))',
  zph_lung_identity = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight), "identity"))',
  zph_lung_log = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight), "log"))',
  zph_lung_rank = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight), "rank"))',
  zph_veteran = 'zph(cox.zph(coxph(Surv(time, status) ~ karno + age + trt, veteran, control = tight)))',
  zph_heart = 'zph(cox.zph(coxph(Surv(start, stop, event) ~ age + surgery + transplant, heart, control = tight)))',
  zph_strata = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + ph.ecog + strata(sex), lung, control = tight)))',
  zph_weights = 'zph(cox.zph(coxph(Surv(time, happened) ~ age + sex, lung, weights = w, control = tight)))',
  zph_scaled = 'unname(cox.zph(coxph(Surv(time, happened) ~ age + sex + ph.ecog, lung, control = tight))$y)',
  ns_age = 'unclass(unname(ns(lung$age, df = 3)))[, 1:3]',
  ns_outside = 'unclass(unname(ns(c(10, 39, 50, 82, 95), knots = c(56, 70), Boundary.knots = c(39, 82))))[, 1:3]',
  spline_model = 'model(coxph(Surv(time, happened) ~ ns(age, df = 3) + sex, lung, control = tight))',
  tests = 'with(summary(coxph(Surv(time, happened) ~ age + sex, lung, control = tight)), list(logtest = unname(logtest), waldtest = unname(waldtest)))'
))

# restricted means: Greenwood's integral is the variance survfit prints beside its restricted mean
means <- function(fit, horizon) {
  table <- summary(fit, rmean = horizon)$table
  list(mean = unname(table[, "rmean"]), std_error = unname(table[, "se(rmean)"]))
}
write_topic("restricted_mean", list(
  lung_365 = 'means(survfit(Surv(time, happened) ~ sex, lung), 365)',
  lung_965 = 'means(survfit(Surv(time, happened) ~ sex, lung), 965)',
  gbsg_1825 = 'means(survfit(Surv(rfstime, status) ~ hormon, gbsg), 1825)'
))

# competing risks
states <- function(fit) {
  list(time = fit$time, incidence = unname(fit$pstate[, 2]), std_error = unname(fit$std.err[, 2]),
       low = unname(fit$lower[, 2]), high = unname(fit$upper[, 2]), strata = as.list(fit$strata))
}
gray <- function(test) list(statistic = unname(test$Tests[, "stat"]), p_value = unname(test$Tests[, "pv"]))
mgus2$state <- factor(mgus2$cause, 0:2, c("censored", "progression", "death"))
mgus2$id <- seq_len(nrow(mgus2))
mgus2$entry <- pmax(0, mgus2$etime - (mgus2$id %% 60) - 1)
set.seed(5)
tied <- data.frame(time = sample(1:15, 150, TRUE), cause = sample(0:2, 150, TRUE, c(0.3, 0.4, 0.3)),
                   g = sample(c("A", "B", "C"), 150, TRUE), x = round(rnorm(150), 3), id = 1:150)
tied <- save_data("tied_causes", tied)
tied$state <- factor(tied$cause, 0:2)
write_topic("competing_risks", list(
  mgus2 = 'states(survfit(Surv(etime, state) ~ 1, mgus2, conf.type = "log-log"))',
  mgus2_entry = 'states(survfit(Surv(entry, etime, state) ~ 1, mgus2, id = id, conf.type = "log-log"))',
  tied = 'states(survfit(Surv(time, state) ~ g, tied, conf.type = "log-log"))',
  gray_mgus2 = 'gray(with(mgus2, cuminc(etime, cause, female)))',
  gray_mgus2_rho = 'gray(with(mgus2, cuminc(etime, cause, female, rho = 1)))',
  gray_tied = 'gray(with(tied, cuminc(time, cause, g)))',
  fine_gray_mgus2 = 'with(with(mgus2, crr(etime, cause, cbind(age, female, hgb), gtol = 1e-10)), list(coefficients = unname(coef), variance = unname(var)))',
  fine_gray_tied = 'with(with(tied, crr(time, cause, x, gtol = 1e-10)), list(coefficients = unname(coef), variance = unname(var)))'
))

# parametric models; visits every 90 days turn the lung data into intervals
visits <- transform(subset(lung, !is.na(ph.ecog)), low = 90 * ((time - 1) %/% 90))
visits$high <- ifelse(visits$happened == 1, visits$low + 90, NA)
parametric <- function(fit) {
  list(coefficients = unname(coef(fit)), variance = unname(fit$var), log_likelihood = fit$loglik[2], scale = fit$scale)
}
sharp <- survreg.control(rel.tolerance = 1e-13, toler.chol = 1e-13, maxiter = 100)
known <- 'parametric(survreg(Surv(time, happened) ~ age + sex + ph.ecog, lung, dist = "%s", control = sharp))'
between <- 'parametric(survreg(Surv(ifelse(low == 0, NA, low), ifelse(is.na(high), NA, high), type = "interval2") ~ age + sex + ph.ecog, visits, dist = "%s", control = sharp))'
families <- c("weibull", "lognormal", "loglogistic", "exponential")
write_topic("parametric", c(
  setNames(as.list(sprintf(known, families)), paste0("lung_", families)),
  setNames(as.list(sprintf(between, families)), paste0("visits_", families)),
  list(
    medians = 'lapply(predict(survreg(Surv(time, happened) ~ age + sex, lung, control = sharp), newdata = data.frame(age = c(50, 70), sex = c(1, 2)), type = "uquantile", p = 0.5, se.fit = TRUE), unname)',
    turnbull = 'with(survfit(Surv(ifelse(low == 0, NA, low), high, type = "interval2") ~ 1, visits), list(time = time, survival = surv))'
  )
))

# survival of one person by a Cox model
person <- function(fit, newdata) {
  curve <- survfit(fit, newdata = newdata, conf.type = "log-log")
  keep <- curve$n.event > 0
  if (!is.null(curve$strata)) keep <- keep & rep(seq_along(curve$strata), curve$strata) == 1
  list(time = curve$time[keep], survival = curve$surv[keep], low = curve$lower[keep], high = curve$upper[keep])
}
write_topic("cox_survival", list(
  efron = 'person(coxph(Surv(time, happened) ~ age + sex, lung, control = tight), data.frame(age = 60, sex = 1))',
  breslow = 'person(coxph(Surv(time, happened) ~ age + sex, lung, ties = "breslow", control = tight), data.frame(age = 60, sex = 1))',
  strata = 'person(coxph(Surv(time, happened) ~ age + strata(sex), lung, control = tight), data.frame(age = 60, sex = 1))',
  weights = 'person(coxph(Surv(time, happened) ~ age + sex, lung, weights = w, robust = TRUE, control = tight), data.frame(age = 60, sex = 1))',
  entry = 'person(coxph(Surv(entry, time, happened) ~ x, ties, control = tight), data.frame(x = 0.5))'
))

write_topic("subgroups", list(
  interaction = 'local({ f <- coxph(Surv(time, happened) ~ sex * factor(ph.ecog), subset(lung, ph.ecog < 3), control = tight); b <- coef(f)[4:5]; list(statistic = drop(b %*% solve(vcov(f)[4:5, 4:5], b))) })',
  robust = 'local({ f <- coxph(Surv(time, happened) ~ sex * factor(ph.ecog), subset(lung, ph.ecog < 3), cluster = person, control = tight); b <- coef(f)[4:5]; list(statistic = drop(b %*% solve(vcov(f)[4:5, 4:5], b))) })',
  effects = 'sapply(0:2, function(k) unname(coef(coxph(Surv(time, happened) ~ sex, subset(lung, ph.ecog == k), control = tight))))'
))
