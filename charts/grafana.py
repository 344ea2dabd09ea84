"""Dashboards in few words, and how these become what Grafana reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as models

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
STAT_HEIGHT, SERIES_HEIGHT = 4, 8


@dataclass(frozen=True)
class Query:
    """What a panel asks.

    Attributes:
        expr: In PromQL.
        legend: What a series is called, by its labels.
    """

    expr: str
    legend: str = "__auto"


@dataclass(frozen=True)
class Figure:
    """One panel.

    Attributes:
        title: Above it.
        help: What it shows and how to read it.
        queries: What it draws.
        unit: Grafana's name of a unit, e.g. ``percentunit``.
        single: The latest value alone, and not its course.
        named: Whether of single values their names are shown, and not the values.
        stacked: Whether the series are parts of a whole.
        limit: From here on it is drawn red; None for no limit.
        width: In columns of the grid.
        most: Upper end of the axis.
    """

    title: str
    help: str
    queries: Sequence[Query]
    unit: str = "short"
    single: bool = False
    named: bool = False
    stacked: bool = False
    limit: float | None = None
    width: int = 12
    most: float | None = None


@dataclass(frozen=True)
class Board:
    """A dashboard.

    Attributes:
        name: Of its file and in its address.
        title: Its title.
        about: What it is for.
        variables: Labels to choose by: name and where their values stand.
        rows: Titles of its rows with their panels.
    """

    name: str
    title: str
    about: str
    variables: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[Figure]]]


def rendered(board: Board) -> str:
    """Returns a dashboard as the JSON that Grafana reads."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(f"sentiment-{board.name}")
        .description(board.about)
        .tags(["sentiment"])
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_links())
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
    )
    for name, values in board.variables:
        built = built.with_variable(_variable(name, values))
    for title, figures in board.rows:
        built = built.with_row(dashboard.Row(title))
        for figure in figures:
            built = built.with_panel(_panel(figure))
    return JSONEncoder(sort_keys=True, indent=2).encode(built.build()) + "\n"


def _links() -> dashboard.DashboardLink:
    links = dashboard.DashboardLink("Sentiment").type(models.DashboardLinkType.DASHBOARDS)
    return links.tags(["sentiment"]).as_dropdown(False).keep_time(True).include_vars(True)


def _variable(name: str, values: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .datasource(SOURCE)
        .query(values)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .include_all(True)
        .all_value(".*")
        .multi(True)
    )


def _panel(figure: Figure) -> stat.Panel | timeseries.Panel:
    panel = _single(figure) if figure.single else _course(figure)
    panel = panel.title(figure.title).description(figure.help).datasource(SOURCE)
    panel = panel.unit(figure.unit).min(0).span(figure.width)
    if figure.most is not None:
        panel = panel.max(figure.most)
    if figure.limit is not None:
        panel = panel.thresholds(_limit(figure.limit))
    for place, query in enumerate(figure.queries):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend)
        panel = panel.with_target(target.ref_id(chr(ord("A") + place)))
    return panel


def _single(figure: Figure) -> stat.Panel:
    mode = options.BigValueTextMode.AUTO
    if figure.queries[0].legend != "__auto":
        mode = options.BigValueTextMode.VALUE_AND_NAME
    if figure.named:
        mode = options.BigValueTextMode.NAME
    latest = common.ReduceDataOptions().calcs(["lastNotNull"])
    return stat.Panel().height(STAT_HEIGHT).text_mode(mode).reduce_options(latest)


def _course(figure: Figure) -> timeseries.Panel:
    panel = timeseries.Panel().height(SERIES_HEIGHT).line_width(2)
    panel = panel.show_points(options.VisibilityMode.NEVER)
    if figure.stacked:
        stacking = common.StackingConfig().mode(options.StackingMode.NORMAL)
        panel = panel.stacking(stacking).fill_opacity(30)
    return panel


def _limit(value: float) -> dashboard.ThresholdsConfig:
    steps = [
        models.Threshold(value=None, color="green"),
        models.Threshold(value=value, color="red"),
    ]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
