from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_serving.settings import Settings


@given(
    st.builds(
        Settings,
        follow=st.floats(0, 1e6),
        workers=st.integers(1, 99),
        timeout=st.floats(0.1, 1e6),
        open=st.booleans(),
        access_log=st.floats(0, 1),
        experiment=st.sampled_from(["", "/conf/experiment.toml"]),
        request_log_text=st.sampled_from(["none", "redacted", "raw"]),
    )
)
def test_settings_survive_the_way_through_the_environment(settings):
    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SENTIMENT_WORKERS", "0"), ("SENTIMENT_WORKERS", "two"), ("SENTIMENT_TIMEOUT", "nan"),
        ("SENTIMENT_FOLLOW", "-1"), ("SENTIMENT_OPEN", "perhaps"), ("SENTIMENT_ACCESS_LOG", "1.5"),
        ("SENTIMENT_REQUEST_LOG_TEXT", "all"), ("SENTIMENT_MAX_BATCH", "0"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_its_variable(variable, value):
    with pytest.raises(InputError, match=variable):
        Settings.from_environment({variable: value})


def test_keys_are_not_shown_with_the_settings():
    assert "secret" not in repr(Settings(api_keys="secret"))


def test_paths_are_made_absolute_and_registered_models_stay(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        model="models:/sentiment@champion", more_models="a=bundle\nb=models:/x/2\n",
        api_keys_file="keys",
    ).absolute()  # fmt: skip
    assert settings.model == "sentiment=models:/sentiment@champion"
    assert settings.more_models == f"a={tmp_path}/bundle\nb=models:/x/2"
    assert settings.api_keys_file == str(tmp_path / "keys")
    assert settings.model_cache == ""
    assert Path(settings.absolute().api_keys_file) == tmp_path / "keys"
