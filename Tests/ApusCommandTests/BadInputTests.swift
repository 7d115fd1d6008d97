import ApusFiles
import Foundation
import Testing

/// The world's mistakes: one line that names the file, and exit status 1.
@Suite struct BadInputTests {
  private static func train(_ scratch: Scratch, data: String) throws -> Run {
    let run = try Apus.run("train", "lenet5", "--data", data, "--out", scratch("run"), "--quiet")
    #expect(!File.exists(scratch("run")), "nothing is begun before the data are read")
    return run
  }

  @Test func dataThatIsMissingOrBroken() throws {
    let scratch = try Scratch()
    expectFailure(try Self.train(scratch, data: scratch("nowhere")), "nowhere", "no such directory")
    let data = try scratch.makeData()
    let images = data + "/train-images-idx3-ubyte.gz"
    let whole = try File.read(images)
    try AtomicFile.write(Array(whole.prefix(whole.count / 2)), to: images)
    expectFailure(try Self.train(scratch, data: data), "train-images-idx3-ubyte.gz", "cut short")
    var corrupt = whole
    for place in 20..<60 where place < corrupt.count { corrupt[place] ^= 0x5A }
    try AtomicFile.write(corrupt, to: images)
    expectFailure(try Self.train(scratch, data: data), "train-images-idx3-ubyte.gz")
    try File.remove(images)
    expectFailure(try Self.train(scratch, data: data), "train-images-idx3-ubyte", "no such file")
  }

  @Test func directoriesThatCannotBeRead() throws {
    let scratch = try Scratch()
    try AtomicFile.write("text", to: scratch("file"))
    expectFailure(try Apus.run("evaluate", scratch("file/below")), "file/below")
    expectFailure(try Apus.run("evaluate", scratch("file")), "not a directory")
    let data = try scratch.makeData()
    let run = try Apus.run("train", "lenet5", "--data", data, "--out", scratch("file/run"), "--quiet")
    expectFailure(run, "file")
  }

  @Test func imagesThatAreNone() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData()
    let trained = try Apus.run(
      "train", "lenet5", "--data", data, "--epochs", "1", "--out", scratch("run"), "--quiet")
    #expect(trained.status == 0, "\(trained.errors)")
    try AtomicFile.write("hello", to: scratch("text.png"))
    expectFailure(try Apus.run("predict", scratch("run"), scratch("text.png")), "text.png", "not a PNG or JPEG image")
    expectFailure(try Apus.run("predict", scratch("run"), scratch("none.png")), "none.png")
    expectFailure(try Apus.run("predict", scratch("run"), scratch("")), "directory")
    let extracted = try Apus.run(
      "datasets", "extract", "fashion-mnist", "--data", data, "--count", "2", "--out", scratch("images"))
    let paths = extracted.output.split(separator: "\n").map(String.init)
    #expect(paths.count == 2)
    let predicted = try Apus.run("predict", scratch("run"), paths[0], paths[1], "--json")
    #expect(predicted.status == 0, "\(predicted.errors)")
    for line in predicted.output.split(separator: "\n") {
      #expect(try JSONValue(parsing: String(line))["predictions"]?.array?.count == 3)
    }
  }

  @Test func runsWithoutTheirModel() throws {
    let scratch = try Scratch()
    let data = try scratch.makeData()
    try Apus.run("train", "lenet5", "--data", data, "--epochs", "1", "--out", scratch("run"), "--quiet")
    let (model, config) = (scratch("run/model.safetensors"), scratch("run/config.json"))
    let whole = try File.read(model)
    try AtomicFile.write(Array(whole.prefix(5000)), to: model)
    expectFailure(try Apus.run("evaluate", scratch("run")), "model.safetensors", "cut short")
    let header = #"{"fc.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  "#
    let size = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    try AtomicFile.write(size + Array(header.utf8) + [UInt8](repeating: 0, count: 8), to: model)
    expectFailure(try Apus.run("evaluate", scratch("run")), "not a file of LeNet5", "conv1.weight", "fc.weight")
    try File.remove(model)
    expectFailure(try Apus.run("evaluate", scratch("run")), "no model.safetensors")
    try AtomicFile.write(#"{"format": 1, "recipe": 3}"#, to: config)
    expectFailure(try Apus.run("evaluate", scratch("run")), "config.json", "\"recipe\" is not a string")
    try AtomicFile.write("{", to: config)
    expectFailure(try Apus.run("evaluate", scratch("run")), "config.json")
    try File.remove(config)
    expectFailure(try Apus.run("evaluate", scratch("run")), "not a training run")
  }
}
