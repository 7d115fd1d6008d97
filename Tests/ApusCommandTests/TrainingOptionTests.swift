import ApusFiles
import Foundation
import Testing

/// The options of `apus train` beyond the recipe's own numbers.
@Suite(.serialized) struct TrainingOptionTests {
  private static func train(_ scratch: Scratch, _ out: String, _ more: String...) throws -> Run {
    try Apus.run(
      ["train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--out", scratch(out), "--quiet"] + more)
  }

  private static func steps(_ scratch: Scratch, _ run: String) throws -> Int? {
    let text = String(decoding: try File.read(scratch("\(run)/metrics.jsonl")), as: UTF8.self)
    return try text.split(separator: "\n").last.flatMap { try JSONValue(parsing: String($0))["step"]?.int }
  }

  @Test func valuesThatMakeNoSenseAreTold() throws {
    let wrong: [(option: String, value: String, expected: String)] = [
      ("steps", "0", "a whole number from 1"), ("max-time", "soon", "a time such as 90s, 30m or 2h"),
      ("max-time", "-3s", "a time such as"), ("clip-norm", "0", "a number above 0"),
      ("accumulate", "0", "a whole number from 1"), ("ema", "1", "a number from 0 to below 1"),
      ("early-stopping", "no", "a whole number from 1"), ("keep", "0", "a whole number from 1"),
      ("weight-decay", "-1", "a number from 0 on"), ("label-smoothing", "nan", "a number from 0 to below 1"),
      ("checkpoint-every", "1.5", "a whole number from 1"), ("precision", "int8", "unknown precision 'int8'"),
      ("augment", "spin:3", "there is no step 'spin'"),
      ("augment", "normalize:0.3/0.2:0.3", "2 values for 1 channels, expected one or 1"),
      ("validate-every", "0", "a whole number from 1"),
    ]
    for (option, value, expected) in wrong {
      expectFailure(try Apus.run("train", "lenet5", "--\(option)=\(value)"), status: 2, option, expected)
    }
    let scratch = try Scratch()
    try scratch.makeData()
    #expect(try Self.train(scratch, "run", "--epochs", "1").status == 0)
    for option in ["clip-norm", "ema", "keep", "accumulate"] {
      let run = try Apus.run("train", "lenet5", "--out", scratch("run"), "--resume", "--\(option)", "1")
      expectFailure(run, status: 2, option, "cannot be changed by --resume")
    }
  }

  @Test func stepsAndTimeEndARun() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    #expect(try Self.train(scratch, "run", "--steps", "11").status == 0)
    #expect(try Self.steps(scratch, "run") == 11)
    let more = try Apus.run(
      "train", "lenet5", "--out", scratch("run"), "--resume", "--quiet", "--steps", "20", "--epochs", "9")
    #expect(more.status == 0, "\(more.errors)")
    #expect(try Self.steps(scratch, "run") == 20)
    let timed = try Self.train(scratch, "timed", "--epochs", "100000", "--max-time", "0.3s")
    #expect(timed.status == 0, "\(timed.errors)")
    #expect(timed.errors.contains("the time is over") && timed.errors.contains("--resume"))
    #expect(File.exists(scratch("timed/checkpoints/last.safetensors")))
  }

  /// Everything at once; what it was is in the configuration, and what came of it on the page.
  @Test func theRunIsAsItWasAskedFor() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let run = try Self.train(
      scratch, "run", "--epochs", "4", "--clip-norm", "1", "--accumulate", "2", "--ema", "0.5", "--keep", "1",
      "--early-stopping", "3", "--weight-decay", "0.001", "--label-smoothing", "0.05", "--precision", "bfloat16",
      "--tensorboard", "--learning-rate", "0.003")
    #expect(run.status == 0, "\(run.errors)")
    let configuration = try JSONValue(contentsOf: scratch("run/config.json"))
    #expect(configuration["clip_norm"]?.double == 1 && configuration["accumulate"]?.int == 2)
    #expect(configuration["average_decay"]?.double == 0.5 && configuration["label_smoothing"]?.double == 0.05)
    let checkpoints = try FileManager.default.contentsOfDirectory(atPath: scratch("run/checkpoints")).sorted()
    #expect(checkpoints == ["best.safetensors", "epoch-0004.safetensors", "last.safetensors"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("run/events")).count == 1)
    // What is evaluated is what was judged: the averages, at their best.
    let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)
    #expect(run.output.contains("in \(scratch("run"))"))
    let accuracy = try #require(judged["accuracy"]?.double)
    #expect(accuracy > 0.5, "\(accuracy)")
    let page = String(decoding: try File.read(scratch("run/report.html")), as: UTF8.self)
    // TensorBoard has pictures of the first filters and of examples.
    let events = try #require(try FileManager.default.contentsOfDirectory(atPath: scratch("run/events")).first)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch("run/events/\(events)")))
    for tag in ["filters/conv1", "examples/1", "examples/12"] {
      #expect(bytes.range(of: Data(tag.utf8)) != nil, "\(tag)")
    }
    for part in ["<svg", "lenet5", "<td>9</td>", "data:image/png;base64,", "label smoothing"] {
      #expect(page.contains(part), "\(part)")
    }
    for part in ["http://", "https://", "<script"] {
      #expect(!page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "").contains(part), "\(part)")
    }
  }

  @Test func judgementsWithinAnEpochAreNoted() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    #expect(try Self.train(scratch, "run", "--epochs", "2", "--validate-every", "3").status == 0)
    #expect(try Self.train(scratch, "plain", "--epochs", "2").status == 0)
    let text = String(decoding: try File.read(scratch("run/metrics.jsonl")), as: UTF8.self)
    let measurements = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    let judged = measurements.filter { $0["split"]?.string == "test" && $0["name"]?.string == "accuracy" }
    // Eight steps an epoch, after which it is judged as well.
    #expect(judged.compactMap { $0["step"]?.int } == [3, 6, 8, 9, 12, 15, 16])
    #expect(try JSONValue(contentsOf: scratch("run/config.json"))["validation_interval"]?.int == 3)
    #expect(try File.read(scratch("run/model.safetensors")) == File.read(scratch("plain/model.safetensors")))
  }

  /// What a run's images are normalised by is done to those that it is judged by and asked about, too: training on normalised
  /// images is training on other numbers with the same meaning.
  @Test func normalisationGoesWithTheRun() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let run = try Self.train(scratch, "run", "--epochs", "6", "--augment", "flip,normalize:0.3:0.05")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try JSONValue(contentsOf: scratch("run/config.json"))["augmentation"]?.string == "flip,normalize:0.3:0.05")
    let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)
    let accuracy = try #require(judged["accuracy"]?.double)
    #expect(accuracy > 0.95 && run.output.contains("test accuracy"), "\(accuracy)")
    // The images as they are would be far from what the net knows.
    let text = try String(contentsOfFile: scratch("run/config.json"), encoding: .utf8)
    func predictions() throws -> [String] {
      try Apus.run(
        ["predict", scratch("run"), "--top", "1"]
          + (0..<10).map { scratch("images/\($0)-\($0).png") }
      ).output.split(separator: "\n").map { String($0.split(separator: " ").dropFirst().first ?? "") }
    }
    try Apus.run(
      "datasets", "extract", "fashion-mnist", "--data", scratch("data"), "--count", "10", "--out", scratch("images"))
    let right = try predictions()
    let plain = text.replacingOccurrences(of: "flip,normalize:0.3:0.05", with: "flip")
    try plain.write(toFile: scratch("run/config.json"), atomically: true, encoding: .utf8)
    let other = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)["accuracy"]?.double
    #expect(try #require(other) < accuracy)
    #expect(try predictions() != right && Set(right).count == 10)
  }

  @Test func aLearningRateIsFound() throws {
    let scratch = try Scratch()
    try scratch.makeData(train: 1024)
    let run = try Self.train(scratch, "run", "--find-learning-rate")
    #expect(run.status == 0, "\(run.errors)")
    let words = run.output.split(separator: " ")
    let rate = try #require(words.count > 2 ? Double(words[2]) : nil)
    #expect(rate > 1e-5 && rate < 1, "\(run.output)")
    #expect(File.exists(scratch("run/learning-rates.svg")) && !File.exists(scratch("run/config.json")))
  }
}
