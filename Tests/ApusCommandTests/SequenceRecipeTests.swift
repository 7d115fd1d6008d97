import ApusData
import ApusFiles
import Foundation
import Testing

/// The recipes for texts, series, tunes and sound, from the command: on data that is learned in a moment.
@Suite(.serialized) struct SequenceRecipeTests {
  private static func text(_ sentences: Int) -> String {
    let subjects = ["the swift", "a small bird", "our old cat", "the north wind"]
    let verbs = ["flies over", "looks at", "comes from", "knows"]
    let objects = ["the town", "a river", "green hills", "the sea"]
    var generator = SplitMix64(seed: 3)
    return (0..<sentences).map { _ in
      let parts = [subjects, verbs, objects].map { $0[generator.next(below: 4)] }
      return parts.joined(separator: " ") + (generator.next(below: 2) == 0 ? ", and so on." : ".")
    }.joined(separator: "\n") + "\n"
  }

  private static func train(_ recipe: String, _ scratch: Scratch, _ data: String, _ more: String...) throws -> Run {
    let run = try Apus.run(
      ["train", recipe, "--data", data, "--out", scratch(recipe), "--quiet", "--seed", "1"] + more)
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  @Test(arguments: ["elman-lm", "jordan-lm", "char-rnn", "gpt-char"])
  func textsOfCharactersAreLearned(_ recipe: String) throws {
    let scratch = try Scratch()
    let path = scratch("text.txt")
    try AtomicFile.write(Self.text(600), to: path)
    let run = try Self.train(recipe, scratch, path, "--steps", "40", "--batch-size", "8")
    let perplexity = try #require(run.output.split(separator: " ").firstIndex(of: "perplexity"))
    let value = run.output.split(separator: " ")[perplexity + 1].filter { $0 != "," }
    // There are 25 characters or so.
    #expect(try #require(Double(value)) < 16, "\(run.output)")
    #expect(File.exists(scratch(recipe) + "/tokenizer.json"))
    let judged = try Apus.run("evaluate", scratch(recipe))
    #expect(judged.status == 0 && judged.output.contains("perplexity \(value)"), "\(judged.output)\(judged.errors)")
    let written = try Apus.run("generate", scratch(recipe), "the ", "--max-tokens", "20", "--temperature", "0")
    #expect(written.status == 0 && written.output.count == 25, "\(written.output)\(written.errors)")
    if recipe == "char-rnn" {
      let drawn = try Apus.run("figure", "gates", scratch(recipe), "--text", "the sea", "--out", scratch("gates.svg"))
      #expect(drawn.status == 0, "\(drawn.errors)")
      #expect(String(decoding: try File.read(scratch("gates.svg")), as: UTF8.self).contains("forget gate"))
    }
  }

  @Test func aRunOnTextsGoesOnToTheSameBits() throws {
    let scratch = try Scratch()
    let path = scratch("text.txt")
    try AtomicFile.write(Self.text(600), to: path)
    _ = try Self.train("gru-lm", scratch, path, "--steps", "6", "--batch-size", "4")
    let parts = ["train", "gru-lm", "--out", scratch("parts"), "--quiet"]
    #expect(
      try Apus.run(
        parts + ["--data", path, "--seed", "1", "--steps", "6", "--batch-size", "4", "--max-time", "0.01s"]
      ).status == 0)
    #expect(try Apus.run(parts + ["--resume"]).status == 0)
    #expect(
      try File.read(scratch("gru-lm") + "/model.safetensors") == File.read(scratch("parts") + "/model.safetensors"))
  }

  /// Sentences of a language of which each word has one translation.
  private static func pairs(_ count: Int) -> String {
    let words = [("one", "un"), ("two", "deux"), ("red", "rouge"), ("cat", "chat"), ("sea", "mer")]
    var generator = SplitMix64(seed: 8)
    return (0..<count).map { _ in
      let chosen = (0..<(2 + generator.next(below: 4))).map { _ in words[generator.next(below: words.count)] }
      return chosen.map(\.0).joined(separator: " ") + "\t" + chosen.map(\.1).joined(separator: " ")
    }.joined(separator: "\n") + "\n"
  }

  @Test(arguments: ["seq2seq-luong", "transformer-translate"])
  func translationsAreLearnedWrittenAndDrawn(_ recipe: String) throws {
    let scratch = try Scratch()
    let path = scratch("pairs.tsv")
    try AtomicFile.write(Self.pairs(1200), to: path)
    _ = try Self.train(recipe, scratch, path, "--epochs", "14", "--batch-size", "32")
    let judged = try Apus.run("evaluate", scratch(recipe), "--json")
    let bleu = try #require(try JSONValue(parsing: judged.output)["BLEU"]?.double, "\(judged.errors)")
    #expect(bleu > 50, "\(bleu)")
    let translated = try Apus.run("translate", scratch(recipe), "red cat two", "sea one")
    #expect(translated.output == "rouge chat deux\nmer un\n", "\(translated.output)\(translated.errors)")
    let drawn = try Apus.run(
      "figure", "attention", scratch(recipe), "--text", "red cat two", "--out", scratch("attention.svg"))
    #expect(drawn.status == 0, "\(drawn.errors)")
    let picture = String(decoding: try File.read(scratch("attention.svg")), as: UTF8.self)
    #expect(picture.contains("rouge chat deux") && picture.contains("share of attention"))
    let searched = try Apus.run("translate", scratch(recipe), "red cat two", "--beams", "3")
    #expect(searched.output == "rouge chat deux\n", "\(searched.output)\(searched.errors)")
    expectFailure(try Apus.run("generate", scratch(recipe), "x"), status: 1, recipe, "translates")
  }

  @Test func withoutAttentionThereIsNothingToDraw() throws {
    let scratch = try Scratch()
    let path = scratch("pairs.tsv")
    try AtomicFile.write(Self.pairs(100), to: path)
    _ = try Self.train("seq2seq", scratch, path, "--steps", "1")
    let drawn = try Apus.run("figure", "attention", scratch("seq2seq"), "--out", scratch("attention.svg"))
    expectFailure(drawn, status: 1, "seq2seq", "has no attention that could be drawn")
  }

  @Test func marksAndClassesOfTextsAreLearned() throws {
    let scratch = try Scratch()
    let path = scratch("text.txt")
    try AtomicFile.write(Self.text(900), to: path)
    let marks = try Self.train("birnn-tagger", scratch, path, "--epochs", "3", "--batch-size", "8")
    #expect(marks.output.hasPrefix("test accuracy 9"), "\(marks.output)")
    let texts = scratch("texts.tsv")
    let lines = Self.text(900).split(separator: "\n").map { line in
      "\(line.contains("sea") || line.contains("river") ? "water" : "land")\t\(line)"
    }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: texts)
    let classes = try Self.train("transformer-classify", scratch, texts, "--epochs", "2", "--batch-size", "16")
    #expect(
      classes.output.hasPrefix("test accuracy 9") || classes.output.hasPrefix("test accuracy 100"), "\(classes.output)")
    // What the models make of new lines.
    try AtomicFile.write(Self.text(12), to: scratch("new.txt"))
    let written = Self.text(12).split(separator: "\n")
    let marked = try Apus.run("predict", scratch("birnn-tagger"), scratch("new.txt"))
    let shown = marked.output.split(separator: "\n")
    #expect(marked.status == 0 && shown.count == written.count, "\(marked.errors)")
    let right = zip(shown, written).count { $0 == $1.lowercased() }
    #expect(right * 3 >= written.count, "\(right) of \(written.count): \(marked.output)")
    let topics = try Apus.run("predict", scratch("transformer-classify"), scratch("new.txt"), "--top", "1")
    let named = zip(topics.output.split(separator: "\n"), written).count {
      $0.contains($1.contains("sea") || $1.contains("river") ? "  water " : "  land ")
    }
    #expect(topics.status == 0 && named * 10 >= written.count * 8, "\(topics.output)\(topics.errors)")
    expectFailure(
      try Apus.run("predict", scratch("transformer-classify"), scratch("new.txt"), "--out", "x"), status: 2,
      "--out is not for a run that classifies texts")
  }

  /// A wave is continued better than by its last value; without --target the last column is.
  @Test func seriesAreContinued() throws {
    let scratch = try Scratch()
    let path = scratch("wave.csv")
    let rows = (0..<400).map { "day \($0),\(20 + 5 * sin(Double($0) / 4)),\(cos(Double($0) / 4))" }
    try AtomicFile.write("date,high,low\n" + rows.joined(separator: "\n") + "\n", to: path)
    let run = try Self.train("forecast", scratch, path, "--target", "high", "--epochs", "6")
    let words = run.output.split(separator: " ")
    let (error, naive) = (try #require(Double(words[2])), try #require(Double(words[5])))
    #expect(error < naive / 2 && abs(naive - 0.79) < 0.05, "\(run.output)")
    let told = try Apus.run("predict", scratch("forecast"), path, "--json")
    let next = try #require(try JSONValue(parsing: told.output)["next"]?.double, "\(told.errors)")
    #expect(abs(next - (20 + 5 * sin(100))) < 1, "\(next)")
    try AtomicFile.write("date,high,low\nday,1,2\n", to: scratch("short.csv"))
    expectFailure(
      try Apus.run("predict", scratch("forecast"), scratch("short.csv")), status: 1, "1 rows, expected 30 or more")
    expectFailure(
      try Apus.run("train", "forecast", "--data", path, "--target", "hihg"), status: 2, "unknown column 'hihg'", "high")
    expectFailure(
      try Apus.run("train", "forecast", "--data", path, "--target", "date"), status: 1,
      "column \"date\" is not of numbers")
  }

  @Test func tunesAreLearnedAndPlayed() throws {
    let scratch = try Scratch()
    let tunes = (0..<300).map { "X:\($0)\nL:1/8\nK:C\n" + String(repeating: "CDEF GABc | c2BA GFED |\n", count: 3) }
    try AtomicFile.write(tunes.joined(separator: "\n"), to: scratch("tunes.abc"))
    _ = try Self.train("music", scratch, scratch("tunes.abc"), "--steps", "12", "--batch-size", "4")
    let midi = scratch("tune.mid")
    let run = try Apus.run(
      "generate", scratch("music"), "60_12 62_12", "--max-tokens", "16", "--temperature", "0", "--midi", midi)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try File.read(midi).starts(with: Array("MThd".utf8)))
  }

  @Test func spokenWordsAreLearned() throws {
    let scratch = try Scratch()
    for (word, frequency) in [("low", 400.0), ("high", 2500.0)] {
      try File.createDirectory(scratch("words/\(word)"))
      for speaker in 0..<24 {
        let pitch = frequency * (1 + 0.01 * Double(speaker))
        let samples = (0..<8000).map { Float(0.3 * sin(2 * Double.pi * pitch * Double($0) / 16_000)) }
        try WAVFile(sampleRate: 16_000, samples: samples).write(to: scratch("words/\(word)/s\(speaker)_0.wav"))
      }
    }
    let run = try Self.train("keywords", scratch, scratch("words"), "--epochs", "25", "--batch-size", "8")
    #expect(run.output.hasPrefix("test accuracy 100"), "\(run.output)")
    let said = try Apus.run("predict", scratch("keywords"), scratch("words/high/s3_0.wav"))
    #expect(said.status == 0 && said.output.contains("high "), "\(said.output)\(said.errors)")
    expectFailure(try Apus.run("train", "keywords"), status: 2, "expected --data, a folder with WAV files")
  }
}
