import ApusFiles
import Foundation
import Testing

/// `apus train` and what it leaves behind, on a small data set.
@Suite(.serialized) struct TrainingCommandTests {
  private static func train(_ scratch: Scratch, _ out: String, _ more: String...) throws -> Run {
    let arguments = [
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--out", scratch(out), "--quiet",
    ]
    let (process, output, errors) = try Apus.start(arguments + more)
    return Apus.finish(process, output, errors)
  }

  private static func model(_ scratch: Scratch, _ run: String) throws -> [UInt8] {
    try File.read(scratch("\(run)/model.safetensors"))
  }

  @Test func bitsDependOnTheSeedAlone() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let one = try Self.train(scratch, "one", "--epochs", "2", "--seed", "1", "--threads", "1")
    #expect(one.status == 0, "\(one.errors)")
    #expect(try Self.train(scratch, "two", "--epochs", "2", "--seed", "1", "--threads", "2").status == 0)
    #expect(try Self.train(scratch, "other", "--epochs", "2", "--seed", "2").status == 0)
    #expect(try Self.model(scratch, "one") == Self.model(scratch, "two"))
    #expect(try Self.model(scratch, "one") != Self.model(scratch, "other"))
    for line in String(decoding: try File.read(scratch("one/metrics.jsonl")), as: UTF8.self).split(separator: "\n") {
      let metric = try JSONValue(parsing: String(line))
      #expect(["step", "epoch", "split", "name", "value"].allSatisfy { metric[$0] != nil })
    }
  }

  @Test func anEasySetIsLearned() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    #expect(try Self.train(scratch, "run", "--epochs", "12", "--seed", "1").status == 0)
    let run = try Apus.run("evaluate", scratch("run"), "--json")
    #expect(run.status == 0, "\(run.errors)")
    let accuracy = try #require(try JSONValue(parsing: run.output)["accuracy"]?.double)
    #expect(accuracy > 0.95)
  }

  /// Interrupted in the middle and resumed, a run ends with the same bits and the same metrics.
  @Test func interruptionChangesNothing() throws {
    let scratch = try Scratch()
    try scratch.makeData(train: 8192)
    #expect(try Self.train(scratch, "whole", "--epochs", "6", "--seed", "5").status == 0)
    let (process, output, errors) = try Apus.start([
      "train", "lenet5", "--data", scratch("data"), "--batch-size", "32", "--epochs", "6", "--seed", "5", "--out",
      scratch("parts"),
    ])
    // Wait until it has begun to train, which the metrics show after fifty steps.
    let metrics = scratch("parts/metrics.jsonl")
    for _ in 0..<500 where process.isRunning {
      if let size = try? File.size(metrics), size > 0 { break }
      usleep(5_000)
    }
    process.interrupt()
    let run = Apus.finish(process, output, errors)
    #expect(run.status == 130, "\(run.errors)")
    #expect(run.errors.contains("--resume"))
    let resumed = try Apus.run("train", "lenet5", "--out", scratch("parts"), "--resume", "--quiet")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try Self.model(scratch, "whole") == Self.model(scratch, "parts"))
    #expect(try File.read(scratch("whole/metrics.jsonl")) == File.read(metrics))
  }

  @Test func divergenceIsToldAndKeepsTheCheckpoint() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let run = try Self.train(scratch, "run", "--epochs", "1", "--learning-rate", "1e30")
    #expect(run.status == 1 && run.errorLines.count == 1)
    #expect(run.errors.contains("lower the learning rate"))
  }

  @Test func aTakenDirectoryIsNotOverwritten() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    #expect(try Self.train(scratch, "run", "--epochs", "1").status == 0)
    let before = try Self.model(scratch, "run")
    let again = try Self.train(scratch, "run", "--epochs", "1")
    #expect(again.status == 1 && again.errors.contains("holds a run already"))
    #expect(try Self.model(scratch, "run") == before)
  }

  /// On a disk of 300 KB the checkpoint does not fit: one line, and no half of it.
  @Test(.enabled(if: Self.canMount, "mounting a small file system needs root"))
  func aFullDiskIsTold() throws {
    let scratch = try Scratch()
    try scratch.makeData()
    let disk = scratch("disk")
    try File.createDirectory(disk)
    try #require(Self.shell("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk) == 0)
    defer { _ = Self.shell("umount", disk) }
    let run = try Self.train(scratch, "disk/run", "--epochs", "1")
    #expect(run.status == 1 && run.errorLines.count == 1, "\(run.errors)")
    #expect(run.errors.contains("last.safetensors") && run.errors.contains("No space left on device"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk + "/run/checkpoints").isEmpty)
  }

  static var canMount: Bool {
    guard getuid() == 0, let scratch = try? Scratch() else { return false }
    guard shell("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", scratch.path) == 0 else { return false }
    return shell("umount", scratch.path) == 0
  }

  private static func shell(_ arguments: String...) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
