import ApusFiles
import Foundation
import Testing

/// A run that is killed (`kill -9`) again and again, and gone on with each time.
@Suite(.serialized) struct KillTests {
  private static let kills = 20

  private static func options(_ scratch: Scratch, _ out: String) -> [String] {
    [
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "8", "--seed", "7",
      "--schedule", "one-cycle", "--optimizer", "sgd", "--learning-rate", "0.05", "--ema", "0.99", "--clip-norm", "5",
      "--accumulate", "2", "--keep", "2", "--checkpoint-every", "4", "--quiet", "--out", scratch(out),
    ]
  }

  /// No checkpoint is ever unreadable, and the weights at the end are those of a run that nothing disturbed, to the bit.
  @Test func killedTwentyTimesItEndsWithTheSameBits() throws {
    let scratch = try Scratch()
    try scratch.makeData(train: 3000)
    let (whole, output, errors) = try Apus.start(Self.options(scratch, "whole"))
    #expect(Apus.finish(whole, output, errors).status == 0)
    var killed = 0
    for _ in 0..<200 where killed < Self.kills {
      let (process, output, errors) = try Apus.start(Self.next(scratch))
      usleep(UInt32.random(in: 10_000...180_000))
      kill(process.processIdentifier, SIGKILL)
      let run = Apus.finish(process, output, errors)
      if process.terminationReason == .uncaughtSignal {
        killed += 1
      } else {
        // Done already, or it could not read what was left behind.
        #expect(run.status == 0, "after \(killed) kills: \(run.errors)")
        break
      }
    }
    let (last, lastOutput, lastErrors) = try Apus.start(Self.next(scratch))
    let run = Apus.finish(last, lastOutput, lastErrors)
    #expect(run.status == 0, "\(run.errors)")
    #expect(killed >= 5, "only \(killed) kills before the run was done")
    for file in ["model", "checkpoints/last", "checkpoints/best", "checkpoints/epoch-0007", "checkpoints/epoch-0008"] {
      let (a, b) = (scratch("whole/\(file).safetensors"), scratch("parts/\(file).safetensors"))
      #expect(try File.read(a) == File.read(b), "\(file)")
    }
    #expect(try File.read(scratch("whole/metrics.jsonl")) == File.read(scratch("parts/metrics.jsonl")))
    // What was cut off in the midst of being written is gone, too.
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch("parts/checkpoints")).sorted()
    #expect(left == ["best.safetensors", "epoch-0007.safetensors", "epoch-0008.safetensors", "last.safetensors"])
  }

  /// Begun, or gone on with where there is something to go on with.
  private static func next(_ scratch: Scratch) -> [String] {
    guard File.exists(scratch("parts/config.json")) else { return options(scratch, "parts") }
    return ["train", "lenet5", "--out", scratch("parts"), "--resume", "--quiet"]
  }
}
