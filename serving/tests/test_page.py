import re

import pytest

from sentiment_serving.page import FILES


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_file_comes_with_its_type_and_a_strict_policy(service, path):
    answer = service.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FILES[path][1]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_page_has_no_inline_code_and_no_address_outside(service):
    page = service.get("/").text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    loaded = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert set(loaded) == {"data:,", "style.css", "app.js", "docs"}, "relative: any prefix will do"
    for path in ("/app.js", "/style.css"):
        assert "//" not in re.sub(r"(^|\s)//.*", "", service.get(path).text)


def test_the_page_asks_for_no_more_than_one_request_takes(service):
    script = service.get("/app.js").text
    schemas = service.get("/docs.json").json()["components"]["schemas"]
    most = schemas["PredictRequest"]["properties"]["texts"]["maxItems"]
    assert f"const MOST_TEXTS = {most};" in script
    most = int(re.search(r"const MOST_EXPLAINED = (\d+);", script)[1])
    explained = {"texts": ["good"] * most, "explain": True}
    assert service.post("/predict", json=explained).status_code == 200


def test_only_reading_is_answered(service):
    assert service.post("/", json={}).status_code == 405
