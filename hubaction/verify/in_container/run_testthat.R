# Runs one file of tests with testthat: run_testthat.R FILE TABLE. Each test becomes a line of the table, for
# run_tests.py: outcome, line, seconds, name and message, separated by tabs; line ends in them become U+2028.
# All of it is local: tests see what is global.
local({
  arguments <- commandArgs(trailingOnly = TRUE)
  clean <- function(text) gsub("\t", " ", gsub("\r?\n", "\u2028", paste(text, collapse = "\n")))
  end <- function(lines, status = 0) {
    connection <- file(arguments[2], "w", encoding = "UTF-8")
    writeLines(enc2utf8(lines), connection, useBytes = TRUE)
    close(connection)
    cat("", file = "/tmp/hub-image-action/results/running")
    quit(status = status)
  }
  fail <- function(why) {
    message(why)
    end(paste("failed", 0, 0, "all of it", clean(why), sep = "\t"), 1)
  }
  line_of <- function(found) {
    places <- Filter(Negate(is.null), lapply(found, function(each) each$srcref))
    if (length(places) > 0) as.integer(places[[1]][1]) else 0L
  }
  describe <- function(test) {
    kinds <- vapply(test$results, function(each) class(each)[1], "")
    bad <- test$results[kinds %in% c("expectation_failure", "expectation_error")]
    skipped <- test$results[kinds == "expectation_skip"]
    outcome <- if (length(bad) > 0) "failed" else if (length(skipped) > 0) "skipped" else "passed"
    said <- if (length(bad) > 0) bad else skipped
    messages <- vapply(said, function(each) clean(conditionMessage(each)), "")
    seconds <- if (is.na(test$real)) 0 else test$real
    paste(outcome, line_of(said), seconds, clean(test$test), clean(messages), sep = "\t")
  }
  if (!requireNamespace("testthat", quietly = TRUE)) {
    fail("The image has R, and not its package testthat: add e.g. r-testthat to environment.yml.")
  }
  reporter <- testthat::MultiReporter$new(list(testthat::CheckReporter$new(), testthat::ListReporter$new()))
  found <- tryCatch(
    testthat::test_file(arguments[1], reporter = reporter, stop_on_failure = FALSE),
    error = function(problem) fail(conditionMessage(problem))
  )
  end(vapply(found, describe, ""))
})
