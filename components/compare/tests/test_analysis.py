"""What becomes of logs that are not as they should be."""

import dataclasses
import json

import numpy as np
import pytest

from sentiment_common.experiment_state import state_path, stop_variant
from sentiment_common.request_log.entry import to_line
from sentiment_compare.analysis import MOST_LOOKS, look_times
from sentiment_compare.record import as_json

STEPS = "\n[[steps]]\nafter_hours = 168\nweights = {challenger = 0.5, control = 0.5}\n"


def changed(traffic, change):
    """Traffic with every entry as the function returns it; what it returns None for is left out."""
    entries = [new for it in traffic.entries if (new := change(it)) is not None]
    return dataclasses.replace(traffic, entries=entries)


def made_stop(file, moment):
    """Stops the challenger as a guardrail does, but at another time, which it returns."""
    path = state_path(file)
    stop_variant(path, "encoder-1", "challenger", "guardrail", "error_rate 0.31 of 420, most 0.02")
    state = json.loads(path.read_text())
    state["stopped"]["challenger"]["time"] = moment
    path.write_text(json.dumps(state))
    return moment


def test_variants_that_do_not_differ_are_not_called_different(simulated, analysed):
    analysis, decision, doubtful = analysed(simulated())
    assert decision.verdict == "undecided" and doubtful == []
    now = analysis.comparisons[0].now
    assert now.low < 0 < now.high and now.p > 0.05
    assert analysis.ratio.sound and sum(analysis.ratio.callers.values()) == 1_200


def test_a_challenger_that_is_worse_is_found(simulated, analysed):
    _, decision, _ = analysed(simulated(accuracy=(0.85, 0.6)))
    assert decision.verdict == "worse" and decision.advice.startswith("Do not promote challenger")


def test_a_margin_lets_a_challenger_be_not_worse(simulated, analysed):
    _, decision, _ = analysed(simulated(accuracy=(0.75, 0.74)), margin="0.15")
    assert decision.verdict == "not-worse" and "margin of -15.0 points" in decision.reason


def test_the_last_feedback_counts_and_feedback_without_an_answer_is_counted(
    made, simulated, analysed
):
    traffic = simulated(callers=300, rate=1)
    said = {it.request_id: it for it in traffic.feedback}
    traffic.feedback = [
        *(made.opinion(it, made.start + 30 * made.day, it.label) for it in traffic.entries),
        *said.values(),
        made.opinion(made.answer(10**6, made.start, "control", "neutral"), made.start, "neutral"),
    ]
    analysis, _, _ = analysed(traffic)
    confirmed = sum(it.confirmed for it in analysis.figures)
    assert confirmed == len(traffic.entries)  # the later word, which agrees with every answer
    assert analysis.judgements.unmatched == 1
    assert analysis.comparisons[0].now.look.levels == pytest.approx((1, 1))


def test_a_correction_counts_from_its_own_time_on(made, simulated, analysed):
    traffic = simulated(callers=400, rate=1, days=5)
    plain = analysed(traffic)[0].comparisons[0].path
    late = made.start + 8 * made.day
    traffic.feedback += [made.opinion(it, late, it.label) for it in traffic.entries]
    path = analysed(traffic)[0].comparisons[0].path
    assert path[-1].look.difference == pytest.approx(0)
    before = {it.time: it.look.difference for it in path}
    shared = [it for it in plain[5:-1] if it.time in before]
    assert shared and all(before[it.time] == it.look.difference for it in shared)


def test_feedback_older_than_its_answer_counts_from_the_answer_on(made, simulated, analysed):
    traffic = simulated(callers=200)
    skewed = [dataclasses.replace(it, time="2026-11-01T00:00:00.000Z") for it in traffic.feedback]
    traffic.feedback = skewed
    analysis, _, doubtful = analysed(traffic)
    assert analysis.judgements.skewed == len(skewed)
    assert (analysis.judgements.time >= made.start).all()
    assert any("clocks disagree" in it for it in doubtful)


def test_without_feedback_nothing_is_decided(simulated, analysed):
    _, decision, _ = analysed(simulated(callers=50, rate=0))
    assert decision.verdict == "undecided" and "no feedback" in decision.reason


def test_one_variant_alone_is_no_comparison(simulated, analysed):
    traffic = simulated(callers=40)
    alone = changed(traffic, lambda it: it if it.variant == "control" else None)
    _, decision, _ = analysed(alone)
    assert decision.verdict == "undecided" and "answers of challenger" in decision.reason


def test_a_handful_of_callers_says_nothing_however_sure_they_are(simulated, analysed):
    analysis, decision, _ = analysed(simulated(callers=30, accuracy=(0.05, 1), each=40))
    assert decision.verdict == "undecided" and "too few callers" in decision.reason
    assert (analysis.comparisons[0].now.low, analysis.comparisons[0].now.high) == (-1, 1)


def test_variants_that_are_always_right_are_no_division_by_zero(simulated, analysed):
    analysis, decision, _ = analysed(simulated(accuracy=(1, 1)))
    assert decision.verdict == "undecided"
    assert analysis.comparisons[0].now.low < 0 < analysis.comparisons[0].now.high < 0.05


def test_a_split_that_is_not_promised_makes_it_invalid(simulated, analysed):
    analysis, decision, _ = analysed(simulated(share=0.35, accuracy=(0.6, 0.9)))
    assert decision.verdict == "invalid" and not analysis.ratio.sound
    assert "Likely: " in decision.advice


def test_a_growing_canary_is_compared_within_its_periods(made, simulated, analysed):
    early = simulated(callers=3_000, share=0.1, accuracy=(0.9, 0.9), days=7, seed=1)
    late = simulated(callers=1_500, share=0.5, accuracy=(0.5, 0.5), days=7, seed=2)
    for number, it in enumerate(late.entries):
        moved = it.time.replace("2026-11-0", "2026-11-1", 1)
        late.entries[number] = dataclasses.replace(
            it, time=moved, request_id=f"late-{it.request_id}", caller=f"late-{it.caller}"
        )
    late.feedback = [
        dataclasses.replace(
            it, time=it.time.replace("2026-11-0", "2026-11-1", 1),
            request_id=f"late-{it.request_id}",
        )
        for it in late.feedback
    ]  # fmt: skip
    both = made.traffic(early.entries + late.entries, early.feedback + late.feedback)
    text = made.file.replace('"sentiment"\nweight = 0.5', '"sentiment"\nweight = 0.9')
    text = text.replace('"encoder"\nweight = 0.5', '"encoder"\nweight = 0.1') + STEPS
    analysis, decision, doubtful = analysed(both, text)
    assert len(analysis.periods.weights) == 2 and analysis.ratio.sound
    assert analysis.plain["challenger"].difference < -0.1
    assert abs(analysis.comparisons[0].now.look.difference) < 0.05
    assert decision.verdict == "undecided" and any("Simpson" in it for it in doubtful)


def test_a_guardrail_decides_against_its_variant_and_moves_its_callers(
    made, simulated, analysed, experiment_file
):
    traffic = simulated(accuracy=(0.6, 0.9))
    moment = made_stop(experiment_file(), "2026-11-09T00:00:00Z")
    moved = changed(
        traffic, lambda it: dataclasses.replace(it, variant="control") if it.time > moment else it
    )
    analysis, decision, doubtful = analysed(moved)
    assert decision.verdict == "worse" and "guardrail stopped it on 2026-11-09" in decision.reason
    assert analysis.ratio.sound and analysis.ratio.crossed == 0
    assert any("error_rate 0.31" in it for it in doubtful)


def test_a_variant_that_the_file_stops_leaves_at_its_last_answer(made, simulated, analysed):
    traffic = simulated(callers=2_000)
    moved = changed(
        traffic,
        lambda it: dataclasses.replace(it, variant="control") if it.time > "2026-11-09" else it,
    )
    text = 'stopped = ["challenger"]\n' + made.file
    analysis, decision, _ = analysed(moved, text)
    assert analysis.ratio.sound and decision.verdict == "undecided"
    assert not analysis.stops[0].by_guardrail
    assert decision.advice.startswith("challenger is asked no more")


def test_an_experiment_that_is_over_cannot_run_on(made, simulated, analysed):
    over = made.file.replace("\n\n[[", "\nstop = 2026-11-10T00:00:00Z\n\n[[", 1)
    kept = changed(simulated(), lambda it: it if it.time < "2026-11-10" else None)
    last = kept.entries[-1]
    kept.feedback.append(made.opinion(last, made.start + 9 * made.day, last.label))
    assert analysed(kept, over)[1].advice.startswith("challenger is asked no more")
    assert analysed(kept)[1].advice.startswith("Let it run on")


def test_more_feedback_for_one_variant_is_a_doubt(simulated, analysed):
    traffic = simulated(rate=1)
    kept = {it.request_id for it in traffic.entries if it.variant == "control" or it.seq % 2}
    traffic.feedback = [it for it in traffic.feedback if it.request_id in kept]
    assert any("differential missingness" in it for it in analysed(traffic)[2])


def test_a_shadow_is_compared_on_the_same_texts(made, simulated, analysed):
    traffic = simulated(share=0, accuracy=(0.6, 0.6), each=1)
    truth = {it.request_id: it.label for it in traffic.feedback}
    generator = np.random.default_rng(4)
    shadows = []
    for it in traffic.entries:
        better = truth.get(it.request_id, it.label) if generator.random() < 0.5 else it.label
        shadows.append(dataclasses.replace(
            it, seq=it.seq + 10**6, variant="challenger", label=better, shadow=True
        ))  # fmt: skip
    lost = traffic.entries.pop()
    traffic.entries += shadows
    analysis, decision, doubtful = analysed(traffic, made.shadow_file)
    assert decision.verdict == "better" and "share of the callers" in decision.advice
    agreement = analysis.agreement["challenger"]
    assert agreement.sum() == len(shadows) - 1 and agreement.trace() < agreement.sum()
    assert any("1 text of 1,200" in it for it in doubtful), lost
    assert any("is a shadow" in it for it in doubtful)
    found = as_json(analysis, decision, doubtful)
    assert found["comparisons"][0]["basis"] == "shadow" and found["shadows"]["challenger"]


def test_callers_that_see_both_variants_are_named(simulated, analysed):
    traffic = simulated(callers=300)
    number = next(it.seq for it in traffic.entries if it.caller == "caller-7")
    other = {"control": "challenger", "challenger": "control"}
    crossing = changed(
        traffic,
        lambda it: dataclasses.replace(it, variant=other[it.variant]) if it.seq == number else it,
    )
    analysis, _, doubtful = analysed(crossing)
    assert analysis.ratio.crossed == 1 and any("does not stick" in it for it in doubtful)


def test_a_stop_that_takes_seconds_to_reach_everybody_is_no_crossing(
    simulated, analysed, experiment_file
):
    traffic = simulated(callers=400, days=1)
    moment = made_stop(experiment_file(), traffic.entries[len(traffic.entries) // 2].time)
    moved = changed(
        traffic,
        # Every other answer in the hour after the stop comes from a worker that does not know yet.
        lambda it: dataclasses.replace(it, variant="control")
        if it.time > moment[:11] + "13" or (it.time > moment and it.seq % 2) else it,
    )  # fmt: skip
    analysis, _, doubtful = analysed(moved)
    assert analysis.ratio.crossed == 0 and analysis.ratio.sound
    late = [it for it in doubtful if "more than a minute after it was stopped" in it]
    assert len(late) == 1


def test_one_caller_with_a_third_of_the_feedback_decides_nothing(made, simulated, analysed):
    traffic = simulated(accuracy=(0.6, 0.9))
    first = traffic.entries[0]
    for number in range(10**6, 10**6 + len(traffic.feedback) // 2):
        same = dataclasses.replace(first, seq=number, request_id=f"request-{number}")
        traffic.entries.append(same)
        traffic.feedback.append(made.opinion(same, made.start + made.day, same.label))
    _, decision, doubtful = analysed(traffic)
    assert decision.verdict == "undecided" and "too few callers" in decision.reason
    assert any("More time does not help" in it for it in doubtful)


def test_a_p_value_that_has_been_small_does_not_contradict_the_interval(simulated, analysed):
    early, late = simulated(accuracy=(0.6, 0.9), days=3), simulated(accuracy=(0.9, 0.6), seed=6)
    for it, number in [(it, 10**6 + it.seq) for it in late.entries]:
        moved = {"seq": number, "request_id": f"late-{number}", "caller": f"late-{it.caller}"}
        moved["time"] = it.time.replace("2026-11-0", "2026-11-1").replace(
            "2026-11-11", "2026-11-21"
        )
        early.entries.append(dataclasses.replace(it, **moved))
    names = {it.request_id: it for it in late.entries}
    for it in late.feedback:
        seq = 10**6 + names[it.request_id].seq
        early.feedback.append(
            dataclasses.replace(it, request_id=f"late-{seq}", time="2026-11-23T00:00:00.000Z")
        )
    analysis, decision, _ = analysed(early)
    assert analysis.comparisons[0].settled is not None and decision.verdict == "undecided"
    assert "at its least; the interval was without 0 on 2026-11-0" in decision.reason


def test_what_else_is_odd_is_said(made, simulated, analysed):
    traffic = simulated(callers=150)
    odd = changed(
        traffic,
        lambda it: dataclasses.replace(
            it, caller="", digest=f"sha256:{it.seq % 2}", request_id="again" if it.seq < 2
            else it.request_id,
        ),
    )  # fmt: skip
    odd.entries.append(made.answer(10**6, made.start, "gone", "neutral"))
    odd.entries.append(made.answer(10**6 + 1, made.start, "control", "neutral", experiment=""))
    odd.feedback += [
        made.opinion(odd.entries[0], made.start + 1, "furious"),
        made.opinion(made.answer(0, 0, "", "", request_id="again"), made.start + 1, "neutral"),
    ]
    analysis, _, doubtful = analysed(odd)
    said = " ".join(doubtful)
    for what in ("without a key", "2 different models", "the variant gone", "several requests",
                 "none that a model answers with"):  # fmt: skip
        assert what in said
    assert analysis.collected.elsewhere == 1
    assert analysis.judgements.unknown == 1


def test_lost_lines_and_a_late_beginning_are_said(simulated, analysed, tmp_path):
    traffic = simulated(callers=200)
    later = changed(traffic, lambda it: it if it.time > "2026-11-05" else None)
    log = tmp_path / "log"
    later.write(log)
    second = log / "requests-20261120T000000.000000Z-8-000000.jsonl"
    marks = [{"mark": "open", "schema": 2, "written": 0}]
    marks += [{"mark": "close", "schema": 2, "given": 5, "dropped": {"full": 2}, "closed": True}]
    second.write_bytes(b"".join(map(to_line, marks)))
    analysis, decision, doubtful = analysed(later)
    found = as_json(analysis, decision, doubtful)
    assert found["log"]["account"]["dropped"] == {"full": 2}
    assert any("not complete" in it and "3 lost" in it and "2 full" in it for it in doubtful)
    assert any("oldest files may have been deleted" in it for it in doubtful)


@pytest.mark.parametrize("seconds", [0.5, 90, 7_200, 5 * 86_400, 28 * 86_400, 900 * 86_400])
def test_looks_are_at_round_times_and_not_too_many(seconds):
    times = look_times(1_000.3, 1_000.3 + seconds)
    assert times[-1] == 1_000.3 + seconds and len(times) <= MOST_LOOKS + 2
    assert (np.diff(times) > 0).all() and (times[:-1] == np.round(times[:-1])).all()


def test_several_challengers_share_the_level(made, simulated, analysed):
    traffic = simulated(callers=900, accuracy=(0.7, 0.7))
    names = ("control", "challenger", "third")
    spread = changed(
        traffic, lambda it: dataclasses.replace(it, variant=names[int(it.caller[7:]) % 3])
    )
    third = '[[variants]]\nname = "third"\nmodel = "third"\nweight = 0.5\n\n[analysis]'
    analysis, decision, doubtful = analysed(spread, made.file.replace("[analysis]", third))
    assert [it.alpha for it in analysis.comparisons] == pytest.approx([0.025, 0.025])
    assert len(decision.challengers) == 2 and any("Bonferroni" in it for it in doubtful)


@pytest.mark.parametrize("metric", ["accuracy", "macro_recall"])
@pytest.mark.parametrize("told", [True, False])
def test_a_single_text_of_a_shadow_is_too_little(made, analysed, metric, told):
    entry = made.answer(0, made.start + 5, "control", "neutral", "somebody")
    shadow = dataclasses.replace(entry, seq=1, variant="challenger", shadow=True)
    opinions = [made.opinion(entry, made.start + 9, "neutral")]
    traffic = made.traffic([entry, shadow] if told else [shadow], opinions)
    text = f'{made.shadow_file}metric = "{metric}"\n'
    _, decision, _ = analysed(traffic, text)
    assert decision.verdict == "undecided"
    assert ("too few callers" if told else "no feedback") in decision.reason
