"""The service's page in a real browser, on the running service."""

import csv
import io
import json
import time

import pytest

from tests.system.browser import Browser
from tests.system.service import served

KEY = "key-of-the-page-1"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> good"
DONE = "document.getElementById('status').textContent.includes('analysed')"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the service listens, with two models and a key."""
    with served(tmp_path_factory.mktemp("served"), SENTIMENT_API_KEYS=KEY) as found:
        yield f"{found}/"


@pytest.fixture(scope="module")
def opinions(address, tmp_path_factory):
    """Reads what people have said of answers, as it stands in the request log."""

    def read():
        files = (tmp_path_factory.getbasetemp()).glob("served*/requests/feedback-*.jsonl")
        lines = [line for path in sorted(files) for line in path.read_text().split("\n")[:-1]]
        return [(it["position"], it["label"], it["by"]) for it in map(json.loads, lines)]

    return read


@pytest.fixture(scope="module")
def browser(chromium, tmp_path_factory):
    opened = Browser(chromium, tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser, address):
    """The opened page, the key given and the models listed."""
    browser.addresses.clear()
    browser.open(address)
    browser.wait("document.activeElement.id === 'key'")
    browser.complaints.clear()  # the refusal of the request without a key
    browser.write(KEY)
    browser.press("Enter")
    browser.wait("document.getElementById('model').options.length === 2")
    yield browser
    assert browser.complaints == []
    assert {seen.startswith((address, "data:")) for seen in browser.addresses} == {True}


def ask(page, *texts, compare=False):
    page.evaluate("document.getElementById('texts').select()")
    page.evaluate(f"document.getElementById('other').value = '{'other' if compare else ''}'")
    page.write("\n".join(texts))
    page.press("Enter", modifiers=2)
    page.wait(DONE)


def texts_of(page, selector):
    return page.evaluate(f"[...document.querySelectorAll('{selector}')].map((e) => e.innerText)")


def test_people_say_what_the_label_should_have_been_and_may_change_their_mind(page, opinions):
    ask(page, "A good day", "not good")
    buttons = "document.querySelectorAll('.opinion')[1].querySelectorAll('button')"
    for number, label in ((1, "neutral"), (0, "negative")):
        page.evaluate(f"{buttons}[{number}].click()")
        page.wait(f"{buttons}[{number}].getAttribute('aria-pressed') === 'true'")
        assert page.evaluate(f"[...{buttons}].filter((e) => e.ariaPressed === 'true').length") == 1
        for _ in range(50):
            if opinions()[-1:] == [(1, label, "page")]:
                break
            time.sleep(0.1)
        assert opinions()[-1] == (1, label, "page")
    assert texts_of(page, ".opinion .said")[1] == "Thank you."


def test_pasted_lines_get_labels_probabilities_and_marked_words(page):
    ask(page, "A good day", "", "   not good  ", "bad 😀 box")
    labels = [label.split()[-1] for label in texts_of(page, "#results .verdict")]
    assert labels == ["positive", "negative", "negative"]
    figures = texts_of(page, "#results .figure")
    assert len(figures) == 9
    assert sum(float(figure.rstrip("%")) for figure in figures[:3]) == pytest.approx(100, abs=0.2)
    assert texts_of(page, "#results .text") == ["A good day", "not good", "bad 😀 box"]
    assert texts_of(page, "#results mark.positive") == ["good"]
    assert texts_of(page, "#results mark.negative")[-1] == "bad"
    assert texts_of(page, "#overview p") == ["2 negative, 0 neutral, 1 positive"]
    assert page.evaluate("document.activeElement.id") == "found", "a screen reader goes on there"


def test_a_bar_is_as_long_as_its_probability(page):
    ask(page, "good")
    share, figure = page.evaluate(
        "(() => { const bar = document.querySelector('.track .positive');"
        "return [bar.offsetWidth / bar.parentElement.offsetWidth,"
        " document.querySelectorAll('.figure')[2].innerText]; })()"
    )
    assert 100 * share == pytest.approx(float(figure.rstrip("%")), abs=2)


def test_what_a_customer_writes_stays_text(page):
    ask(page, HOSTILE)
    assert texts_of(page, "#results .text") == [HOSTILE]
    assert page.evaluate("document.querySelectorAll('#results img, #results script').length") == 0


def test_the_browser_itself_refuses_to_make_html_of_a_text(page):
    refused = page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return false; }"
        " catch (error) { return error instanceof TypeError; } })()"
    )
    assert refused
    page.complaints.clear()  # it says so


def test_two_models_are_compared_side_by_side(page):
    ask(page, "parcel", "good", compare=True)
    assert texts_of(page, "#results .of") == ["words", "other"] * 2
    labels = [label.split()[1] for label in texts_of(page, "#results .verdict")]
    assert labels == ["neutral", "positive", "positive", "positive"]
    assert len(texts_of(page, "#results li.differs")) == 1
    assert "the models differ on 1" in texts_of(page, "#status")[0]


def test_the_results_are_copied_as_csv_that_no_spreadsheet_executes(page):
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    page.call("Browser.grantPermissions", permissions=permissions)
    ask(page, '=1+1 "good", they said', "bad")
    page.evaluate("document.getElementById('copy').click()")
    page.wait("document.getElementById('status').textContent === '2 rows copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    rows = list(csv.DictReader(io.StringIO(copied)))
    assert [row["text"] for row in rows] == ['\'=1+1 "good", they said', "bad"]
    assert [row["label"] for row in rows] == ["positive", "negative"]
    assert float(rows[0]["positive"]) > 0.8


def test_more_texts_than_one_request_takes_are_all_shown(page):
    ask(page, *["good"] * 100)
    page.wait("document.getElementById('status').textContent === '100 analysed'")
    assert len(texts_of(page, "#results li")) == 100


def test_long_texts_are_explained_some_at_a_time(page):
    ask(page, *["good " + "x " * 500] * 32)
    page.wait("document.getElementById('status').textContent === '32 analysed'")
    assert len(texts_of(page, "#results li:has(mark.positive)")) == 32


def test_all_of_it_is_reached_by_keyboard(page):
    page.evaluate("document.getElementById('texts').focus()")
    reached = []
    for _ in range(8):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached[:6] == ["model", "other", "key", "explain", "ask", "example"]


def test_every_field_has_a_name_for_a_screen_reader(page):
    ask(page, "good")
    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    wanted = {"textbox", "combobox", "checkbox", "button"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree
        if node.get("role", {}).get("value") in wanted
    ]
    assert ("textbox", "Feedback") in named
    assert ("combobox", "Model") in named
    assert all(name for _, name in named), named


def test_a_wrong_key_is_said_and_nothing_is_kept(page):
    page.evaluate("document.getElementById('key').value = 'wrong'")
    page.evaluate("document.getElementById('texts').value = 'good'")
    page.evaluate("document.getElementById('form').requestSubmit()")
    page.wait("document.getElementById('error').textContent.includes('API key')")
    assert page.evaluate("document.activeElement.id") == "key"
    kept = "[localStorage.length, sessionStorage.length, document.cookie, location.search]"
    assert page.evaluate(kept) == [0, 0, "", ""]
    page.complaints.clear()  # the refused request


def test_without_feedback_it_asks_for_some(page):
    page.evaluate("document.getElementById('form').requestSubmit()")
    assert "There is no feedback yet" in page.wait("document.getElementById('error').textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(page, scheme):
    page.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    ask(page, "good parcel", "bad parcel", "parcel")
    ratios = page.evaluate(CONTRASTS)
    assert len(ratios) > 20
    assert [pair for pair in ratios if pair[1] < 4.5] == [], "WCAG 2.2, level AA"


CONTRASTS = """(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  const ground = (element) => element
    ? over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement))
    : [255, 255, 255];
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const written = (node) => node.nodeType === 3 && node.textContent.trim();
  const shown = [...document.querySelectorAll("body *")].filter(
    (element) => element.offsetParent && [...element.childNodes].some(written),
  );
  return shown.map((element) => {
    const below = ground(element);
    const ink = light(over(parse(getComputedStyle(element).color), below));
    const paper = light(below);
    return [element.innerText, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
  });
})()"""
