from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from sentiment_validate.judgement import judge


def test_sound_examples_are_accepted(frames, default_corpus):
    judged = judge(frames, default_corpus)
    assert (judged.verdict, judged.anomalies) == ("accepted", [])
    assert {item.split for item in judged.drifts} == {"validation", "test"}


def test_errors_come_before_warnings_and_train_before_test(frames, feedback_schema):
    frames["test"]["label"] = "angry"
    frames = {split: frame.assign(stars=3) for split, frame in frames.items()}
    frames["train"].loc[0, "label"] = "odd"
    found = [(item.severity, item.split) for item in judge(frames, feedback_schema).anomalies]
    assert found[0] == ("error", "train")
    assert [severity for severity, _ in found] == sorted(severity for severity, _ in found)
    assert found[-1] == ("warning", "test")


def test_a_text_in_train_and_test_refuses(frames, default_corpus):
    frames["test"].loc[0, "text"] = frames["train"].loc[0, "text"]
    judged = judge(frames, default_corpus)
    assert judged.verdict == "refused"
    assert [item.check for item in judged.anomalies] == ["shared_text"]


def test_what_is_written_can_be_read_by_tfdvs_messages(frames, default_corpus, tmp_path):
    frames["test"].loc[0, "label"] = "angry"
    judged = judge(frames, default_corpus)
    judged.write_statistics(tmp_path)
    judged.write_records(tmp_path)
    for split, frame in frames.items():
        data = (tmp_path / f"{split}.pb").read_bytes()
        read = statistics_pb2.DatasetFeatureStatisticsList.FromString(data)
        assert read.datasets[0].num_examples == len(frame)
        text = (tmp_path / f"{split}.pbtxt").read_text()
        record = text_format.Parse(text, anomalies_pb2.Anomalies())
        assert ("label" in record.anomaly_info) == (split == "test")
