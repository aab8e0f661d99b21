# Writes what R says of decay and regrowth, beside its call: Rscript make_regrowth_truth.R (in this folder; R with
# minpack.lm and jsonlite). Models, bounds, first start, engine (nlsLM) and choice are those of the package tumgr 0.0.4,
# read in its source; with clock = 0 the first value is day 0, as in the formula, with clock = 1 day 1, as tumgr counts.
suppressMessages({library(minpack.lm); library(jsonlite)})
set.seed(17)
shapes <- list(function(t, g, d, p) exp(-d * t), function(t, g, d, p) exp(g * t), function(t, g, d, p) exp(-d * t) + exp(g * t) - 1,
  function(t, g, d, p) (1 - p) * exp(g * t) + p * exp(-d * t), function(t, g, d, p) 1 + 0 * t)
series <- do.call(rbind, lapply(1:60, function(i) {
  n <- sample(3:14, 1); day <- c(0, sort(sample(14:1100, n - 1)))
  value <- shapes[[1 + i %% 5]](day, exp(rnorm(1, -6.5, 0.6)), exp(rnorm(1, -4.6, 0.6)), runif(1, 0.3, 0.95)) * exp(rnorm(n, 0, 0.15))
  data.frame(line = i, day = day - 30 * (i %% 3), value = round(exp(rnorm(1, 3, 1)) * value, 3))
}))
write.csv(series, "data/regrowth.csv", row.names = FALSE, quote = FALSE)
series <- read.csv("data/regrowth.csv")

models <- list(dx = f ~ exp(-d * t), gx = f ~ exp(g * t), gd = f ~ exp(-d * t) + exp(g * t) - 1, gdphi = f ~ (1 - p) * exp(g * t) + p * exp(-d * t))
parameters <- list(dx = "d", gx = "g", gd = c("g", "d"), gdphi = c("p", "g", "d"))
tight <- nls.lm.control(maxiter = 1000, maxfev = 100000, ftol = 1e-15, ptol = 1e-15, gtol = 1e-15, factor = 1)
starts <- expand.grid(p = c(0.9, 0.3), g = c(0.00511, 0.0005), d = c(0.00511, 0.03, 0.0008))
fit_one <- function(data, name) {
  wanted <- parameters[[name]]
  if (nrow(data) <= length(wanted)) return(NULL)
  fits <- lapply(seq_len(nrow(unique(starts[wanted]))), function(k) tryCatch(suppressWarnings(nlsLM(models[[name]], data, start = as.list(unique(starts[wanted])[k, , drop = FALSE]),
    control = tight, lower = rep(0, length(wanted)), upper = rep(1, length(wanted)))), error = function(problem) NULL))
  fits <- Filter(function(fit) !is.null(fit) && fit$convInfo$isConv, fits)
  if (!length(fits)) return(NULL)
  fit <- fits[[which.min(sapply(fits, deviance))]]
  told <- tryCatch(summary(fit)$coefficients, error = function(problem) NULL)
  if (is.null(told) || any(!is.finite(told))) return(NULL)
  column <- function(place) as.list(setNames(told[, place], rownames(told)))
  list(estimates = column(1), errors = column(2), p_values = column(4), squares = deviance(fit),
    criterion = -2 * as.numeric(logLik(fit)) + 2 * length(wanted))
}
regrowth <- function(clock, significance = 0.1) lapply(split(series, series$line), function(one) {
  one <- one[order(one$day), ]
  data <- data.frame(t = one$day - one$day[1] + clock, f = one$value / one$value[1])
  fits <- sapply(names(models), function(name) fit_one(data, name), simplify = FALSE)
  fits <- Filter(Negate(is.null), fits)
  kept <- Filter(function(fit) all(unlist(fit$p_values) < significance), fits)
  chosen <- if (length(kept)) names(kept)[which.min(sapply(kept, function(fit) fit$criterion))] else NULL
  list(line = one$line[1], chosen = chosen, fits = fits)
})
calls <- list(day_0 = "unname(regrowth(clock = 0))", day_1 = "unname(regrowth(clock = 1))")
entries <- lapply(names(calls), function(id) list(id = id, call = calls[[id]], values = eval(parse(text = calls[[id]]), globalenv())))
write_json(list(made_with = paste("R", getRversion(), "minpack.lm", packageVersion("minpack.lm")), entries = entries), "regrowth.json",
  digits = I(17), auto_unbox = TRUE, null = "null", na = "null", pretty = 0)
