import Foundation
import Testing

/// The help texts, as they were last looked at. `APUS_UPDATE_SNAPSHOTS=1` writes them anew.
@Suite struct HelpTests {
  private static let commands = [
    "train", "evaluate", "ensemble", "predict", "generate", "translate", "embed", "inspect", "summary", "recipes",
    "datasets", "filter", "bootstrap", "experiment", "figure", "bench", "tokenizer", "vectors", "solve", "learn",
  ]

  @Test(arguments: [""] + commands)
  func isAsItWas(command: String) throws {
    let result = try Apus.run(command.isEmpty ? ["--help"] : [command, "--help"])
    #expect(result.status == 0 && result.errors.isEmpty)
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Snapshots/\(command.isEmpty ? "overview" : command).txt")
    if ProcessInfo.processInfo.environment["APUS_UPDATE_SNAPSHOTS"] != nil {
      try result.output.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(result.output == (try String(contentsOf: file, encoding: .utf8)))
    for line in result.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    if !command.isEmpty {
      #expect(try Apus.run("help", command).output == result.output)
      #expect(try Apus.run(command, "some", "operands", "-h").output == result.output)
    }
  }

  @Test func listsEveryCommand() throws {
    let overview = try Apus.run("-h").output
    for command in Self.commands { #expect(overview.contains("\n  \(command) ")) }
  }
}
