import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

private let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// Runs `body` with the folder of a tiny model of Hugging Face's and its tokenizer.
private func withModel(_ name: String, tokenizer: String, _ body: (String) throws -> Void) throws {
  try withTemporaryDirectory { temporary in
    let directory = temporary + "/model"
    let fixtures = tests.appendingPathComponent("Fixtures").path
    try FileManager.default.copyItem(atPath: "\(fixtures)/pretrained/\(name)", toPath: directory)
    try FileManager.default.copyItem(
      atPath: "\(fixtures)/tokenizers/\(tokenizer).json", toPath: directory + "/tokenizer.json")
    try body(directory)
  }
}

@Suite struct GenerateTests {
  private static let greedy = ["--temperature", "0", "--max-tokens", "12"]

  /// The text on the terminal begins with the prompt, and is the same in all ways to write it.
  @Test func writesOnFromAPrompt() throws {
    try withModel("gpt2", tokenizer: "byte_level") { model in
      let run = try Apus.run(["generate", model, "Swifts sleep"] + Self.greedy)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.hasPrefix("Swifts sleep") && run.output.count > 14)
      let object = try JSONValue(parsing: Apus.run(["generate", model, "Swifts sleep", "--json"] + Self.greedy).output)
      let text = try #require(object["text"]?.string)
      #expect(run.output == "Swifts sleep\(text)\n")
      #expect(object["ending"]?.string == "maximum_tokens")
      let piped = try Apus.shell("printf 'Swifts sleep' | $apus generate \(model) - --temperature 0 --max-tokens 12")
      #expect(piped.output == run.output)
    }
  }

  @Test func seedsCountsAndStopsAreMinded() throws {
    try withModel("gpt2", tokenizer: "byte_level") { model in
      func texts(_ options: String...) throws -> [String] {
        let run = try Apus.run(["generate", model, "Swifts", "--json", "--max-tokens", "12"] + options)
        #expect(run.status == 0, "\(run.errors)")
        return try run.output.split(separator: "\n").map { try JSONValue(parsing: String($0))["text"]?.string ?? "" }
      }
      let three = try texts("--count", "3", "--seed", "5", "--temperature", "2")
      #expect(three.count == 3 && Set(three).count == 3)
      #expect(try texts("--count", "3", "--seed", "5", "--temperature", "2") == three)
      #expect(try texts("--seed", "5", "--temperature", "2") == [three[0]])
      let stop = String(three[0].dropFirst(2).prefix(2))
      let stopped = try texts("--seed", "5", "--temperature", "2", "--stop", stop)[0]
      #expect(three[0].hasPrefix(stopped + stop))
      let beams = try Apus.run(
        "generate", model, "Swifts", "--json", "--max-tokens", "12", "--beams", "4", "--count", "2")
      let scores = try beams.output.split(separator: "\n").map {
        try JSONValue(parsing: String($0))["log_probability"]?.double ?? 0
      }
      #expect(scores.count == 2 && scores[0] > scores[1])
    }
  }

  /// Runs of recipes write too, beyond what a transformer can look at.
  @Test(arguments: ["gpt-char", "jordan-lm"]) func runsWrite(_ recipe: String) throws {
    try withTemporaryDirectory { directory in
      let line = "In the beginning God created the heaven and the earth.\n"
      try String(repeating: line, count: 400).write(toFile: directory + "/text.txt", atomically: true, encoding: .utf8)
      let trained = try Apus.run(
        "train", recipe, "--data", directory + "/text.txt", "--steps", "2", "--out", directory + "/run", "--quiet")
      #expect(trained.status == 0, "\(trained.errors)")
      let run = try Apus.run(
        "generate", directory + "/run", "In the beg", "--max-tokens", "100", "--seed", "3", "--json")
      #expect(run.status == 0, "\(run.errors)")
      // Each token is a character.
      #expect(try JSONValue(parsing: run.output)["text"]?.string?.count == 100)
    }
  }

  /// Who reads the first lines only gets them, and no complaint.
  @Test func aReaderMayLeave() throws {
    try withModel("gpt2", tokenizer: "byte_level") { model in
      let run = try Apus.shell("$apus generate \(model) 'a\nb\nc' --max-tokens 30 --count 20 | head -n 1")
      #expect(run.status == 0 && run.output == "a\n" && run.errors.isEmpty, "\(run.errors)")
    }
  }

  @Test func mistakesAreToldInOneLine() throws {
    try withModel("gpt2", tokenizer: "byte_level") { model in
      for (arguments, status, message) in [
        (["generate", model + "x", "a"], 1, "cannot"),
        (["generate", model, "a", "--top-p", "1.5"], 2, "--top-p 1.5: expected a number above 0 to 1"),
        (["generate", model, "a", "--temperature", "hot"], 2, "--temperature hot: expected a number from 0 to 1000"),
        (["generate", model, "a", "--beams", "2", "--top-k", "3"], 2, "--top-k does not go with it"),
        (["generate", model, "a", "--beams", "2", "--count", "3"], 2, "finds no more than 2 texts"),
        (["generate", model, "a", "--precision", "int8"], 2, "unknown precision 'int8'"),
        (["generate", model, String(repeating: "ab ", count: 60)], 1, "all the model can see"),
        (["embed", model, "a"], 1, "model_type is \"gpt2\", expected \"bert\""),
      ] {
        let run = try Apus.run(arguments)
        #expect(run.status == Int32(status) && run.output.isEmpty, "\(arguments): \(run.output)")
        #expect(run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
      }
    }
  }
}

@Suite struct EmbedTests {
  @Test func vectorsComeAsNumbersAndAsJSON() throws {
    try withModel("bert", tokenizer: "bert") { model in
      let run = try Apus.run("embed", model, "the swift", "a swallow")
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
      #expect(lines.map(\.count) == [16, 16])
      let piped = try Apus.shell("printf 'the swift\\na swallow\\n' | $apus embed \(model) - --json")
      for (line, numbers) in zip(piped.output.split(separator: "\n"), lines) {
        let found = try JSONValue(parsing: String(line))["embedding"]?.array?.compactMap(\.double) ?? []
        #expect(zip(found, numbers).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(abs(found.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      }
    }
  }

  @Test func similaritiesAreCosines() throws {
    try withModel("bert", tokenizer: "bert") { model in
      let run = try Apus.run("embed", model, "the swift", "a swallow", "the swift", "--similarity")
      let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").prefix(3).compactMap { Double($0) } }
      #expect(rows.count == 3)
      #expect(rows[0][0] == 1 && rows[0][2] == 1 && rows[0][1] == rows[1][0])
      #expect(run.output.contains("  a swallow\n"))
    }
  }
}
