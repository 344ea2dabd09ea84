"""The page of ``make dashboard``: Grafana's dashboards and Prometheus' alerts without either.

It draws the dashboards of charts/sentiment-monitoring and judges its rules, by the same expressions
on the same figures, for as long as it runs: ``promql`` evaluates them, ``samples`` keeps what was
scraped, ``rules`` and ``boards`` read the chart's files, ``watch`` looks every few seconds.
"""
