import Apus
import ApusFilesTestSupport
import Foundation
import Testing

/// Event files for TensorBoard: byte for byte what the `tensorboard` package writes (`Tests/Fixtures/fixture_events.py`), and
/// read back by it where it is installed.
@Suite struct EventTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  private static var model: Sequential {
    var key = RandomKey(1)
    return Sequential {
      Linear(3, 16, key: &key)
      ReLU()
      Linear(16, 2, key: &key)
    }
  }

  @Test func bytesAreTensorBoards() throws {
    let json = try JSONValue(contentsOf: Self.fixtures.appendingPathComponent("events.json").path)
    let times = try #require(json["times"]?.array).compactMap(\.double)
    let picture = try #require(json["picture"]?.array).compactMap { $0.int.map { UInt8($0) } }
    let values = try #require(json["values"]?.array).compactMap(\.double)
    try withTemporaryDirectory { directory in
      var number = -1
      let writer = try EventWriter(path: directory + "/events") {
        number += 1
        return times[number]
      }
      try writer.graph(ModelSummary(Self.model, input: .zeros([1, 3])))
      try writer.text("run", "# Größe\nlenet5", step: 0)
      try writer.scalar("train/loss", 0.1, step: 1)
      try writer.scalar("train/loss", 0, step: 200)
      try writer.histogram("weights", Histogram(values, bins: try #require(json["bins"]?.int)), step: 70000)
      try writer.image("picture", png: picture, width: 300, height: 5, channels: 3, step: 1 << 40)
      try writer.sessionStart(step: 3)
      #expect(try File.read(writer.path) == bytes(hexadecimal: try #require(json["file"]?.string)))
    }
  }

  @Test func histogramsOfLittle() {
    #expect(Histogram([]).counts.isEmpty)
    let same = Histogram([2, 2, .nan])
    #expect(same.counts == [2] && same.limits == [2] && same.least == 2 && same.count == 2)
    #expect(Histogram([0, 1, 2, 3], bins: 2).counts == [2, 2])
  }

  /// Where the package is: `APUS_TENSORBOARD_PYTHON` names a Python that has it.
  private static let python: String? = {
    let named = ProcessInfo.processInfo.environment["APUS_TENSORBOARD_PYTHON"]
    let path = named ?? "python3"
    return (try? run(path, "-c", "import tensorboard"))?.status == 0 ? path : nil
  }()

  private static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  @Test(.enabled(if: Self.python != nil, "no Python with the tensorboard package: set APUS_TENSORBOARD_PYTHON"))
  func tensorBoardReadsWhatARunWrites() throws {
    try withTemporaryDirectory { path in
      let directory = try makeDirectory(path + "/run")
      func makeTrainer() -> Trainer {
        let model = makeNet(2)
        let task = TrainingTask.classification(model, Adam(model, learningRate: 0.02))
        let log = LogTensorBoard(
          directory: directory.eventsPath, interval: 2, summary: ModelSummary(model, input: .zeros([1, 3])),
          text: "a net"
        ) { _ in [.init(tag: "dot", png: [1, 2, 3], width: 4, height: 5, channels: 1)] }
        return Trainer(
          task, data: FormulaBatches(), validation: FormulaBatches(), options: TrainerOptions(epochs: 3),
          callbacks: [log], directory: directory)
      }
      var batches = 0
      _ = try makeTrainer().run(shouldStop: {
        batches += 1
        return batches == 9
      })
      // As if it was killed and had written more than its checkpoint knows.
      try EventWriter(path: directory.eventsPath + "/events.out.tfevents.9999999998.later", now: { 1e10 - 2 })
        .scalar("train/loss", 1e9, step: 11)
      let trainer = makeTrainer()
      try trainer.resume()
      #expect(try trainer.run() == .finished)
      let script = Self.fixtures.appendingPathComponent("read_events.py").path
      let result = try Self.run(try #require(Self.python), script, directory.eventsPath)
      let json = try JSONValue(parsing: result.output)
      let losses = try #require(json["scalars"]?["train/loss"]?.array).map { $0.array!.compactMap(\.double) }
      #expect(losses.map { $0[0] }.filter { $0 != 11 } == [2, 4, 6, 8, 10, 12, 14, 16, 18])
      let tests = try #require(json["scalars"]?["epoch/test_accuracy"]?.array)
      #expect(tests.count == 3 && tests[0].array?.first?.int == 6)
      let histogram = try #require(json["histograms"]?["0.weight"]?.array)
      #expect(histogram.count == 3 && histogram[0].array?.compactMap(\.double) == [6, 48, 48])
      #expect(json["images"]?["dot"]?.array?.first?.array?.compactMap(\.int) == [6, 4, 5])
      #expect(json["texts"]?["run"]?.array?.first?.string == "a net")
      #expect(json["nodes"]?.array?.compactMap(\.string) == ["input", "0", "1", "2", "3", "4"])
    }
  }

  @Test(.enabled(if: Self.python != nil, "no Python with the tensorboard package: set APUS_TENSORBOARD_PYTHON"))
  func tensorBoardReadsBothWaysOfAResidualConnection() throws {
    try withTemporaryDirectory { directory in
      var key = RandomKey(1)
      let model = ResNet(.resnet18, classes: 3, stem: .small, channels: 1, key: &key)
      try EventWriter(directory: directory).graph(ModelSummary(model, input: .zeros([1, 8, 8, 1])))
      let script = Self.fixtures.appendingPathComponent("read_events.py").path
      let edges = try JSONValue(parsing: try Self.run(try #require(Self.python), script, directory).output)["edges"]
      func inputs(_ node: String) -> [String]? { edges?[node]?.array?.compactMap(\.string) }
      #expect(inputs("conv1") == ["input"] && inputs("layer1/0/bn2") == ["layer1/0/conv2"])
      #expect(inputs("layer1/1/conv1") == ["layer1/0/bn2", "bn1"])
      #expect(inputs("layer2/1/conv1") == ["layer2/0/bn2", "layer2/0/downsample/1"])
    }
  }
}
