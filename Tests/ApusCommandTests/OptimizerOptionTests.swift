import ApusFiles
import Foundation
import Testing

/// `apus train` with optimizers and schedules by name.
@Suite(.serialized) struct OptimizerOptionTests {
  @Test func theRunIsAsItWasAskedFor() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let run = try Apus.run(
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "6", "--seed", "1", "--quiet",
      "--out", scratch("run"), "--optimizer", "nadam", "--schedule", "one-cycle", "--learning-rate", "0.004")
    #expect(run.status == 0, "\(run.errors)")
    let configuration = try JSONValue(contentsOf: scratch("run/config.json"))
    #expect(configuration["optimizer"]?.string == "nadam" && configuration["schedule"]?.string == "one-cycle")
    let judged = try Apus.run("evaluate", scratch("run"), "--json")
    #expect(try #require(try JSONValue(parsing: judged.output)["accuracy"]?.double) > 0.5, "\(judged.output)")
  }

  /// Optimizers whose rates mean something else begin with their own.
  @Test func ratesAreTheOptimizersOwn() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    for (optimizer, rate) in [("adadelta", 1), ("lion", 1e-4), ("adamw", 2e-3)] {
      let run = try Apus.run(
        "train", "lenet5", "--data", scratch("data"), "--epochs", "1", "--quiet", "--out", scratch(optimizer),
        "--optimizer", optimizer)
      #expect(run.status == 0, "\(run.errors)")
      let configuration = try JSONValue(contentsOf: scratch("\(optimizer)/config.json"))
      #expect(configuration["learning_rate"]?.double == rate && configuration["schedule"]?.string == "linear")
    }
  }

  @Test func anUnknownScheduleIsToldWithTheNearest() throws {
    let run = try Apus.run("train", "lenet5", "--schedule", "cosin")
    #expect(run.status == 2 && run.errors.contains("unknown schedule 'cosin': did you mean cosine?"), "\(run.errors)")
  }

  /// Interrupted in the middle and resumed, the rates go on where they were.
  @Test func aScheduleIsResumed() throws {
    let scratch = try Scratch()
    try scratch.makeData(train: 4096)
    let options = [
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "3", "--seed", "5", "--optimizer",
      "sgd", "--schedule", "one-cycle", "--learning-rate", "0.05", "--quiet",
    ]
    let (process, output, errors) = try Apus.start(options + ["--out", scratch("whole")])
    #expect(Apus.finish(process, output, errors).status == 0)
    let (interrupted, pipe, notes) = try Apus.start(options + ["--out", scratch("parts")])
    // The metrics show that it trains after fifty steps.
    for _ in 0..<2000 where interrupted.isRunning {
      if let size = try? File.size(scratch("parts/metrics.jsonl")), size > 0 { break }
      usleep(2_000)
    }
    interrupted.interrupt()
    #expect(Apus.finish(interrupted, pipe, notes).status == 130)
    let resumed = try Apus.run("train", "lenet5", "--out", scratch("parts"), "--resume", "--quiet")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try File.read(scratch("whole/model.safetensors")) == File.read(scratch("parts/model.safetensors")))
  }
}
