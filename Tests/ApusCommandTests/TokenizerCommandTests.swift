import ApusFiles
import Testing

@Suite struct TokenizerCommandTests {
  @Test func textGoesThereAndBack() throws {
    let scratch = try Scratch()
    try AtomicFile.write("To be, or not to be: that is the question.\n", to: scratch("text"))
    for kind in ["characters", "bpe"] {
      let out = scratch("\(kind).json")
      let options = kind == "bpe" ? ["--vocabulary", "264"] : []
      let train = try Apus.run(["tokenizer", "train", scratch("text"), "--kind", kind, "--out", out] + options)
      #expect(train.status == 0 && train.output == out + "\n", "\(train.errors)")
      #expect(train.errors == (kind == "bpe" ? "260 tokens\n" : "19 tokens\n"))
      let ids = try Apus.run("tokenizer", "encode", out, "to be, that")
      #expect(ids.status == 0, "\(ids.errors)")
      let text = try Apus.run(["tokenizer", "decode", out] + ids.output.split { " \n".contains($0) }.map(String.init))
      #expect(text.output == "to be, that\n", "\(text.errors)")
    }
    let tokens = try Apus.run("tokenizer", "encode", scratch("characters.json"), "to be", "x", "--tokens")
    #expect(tokens.output == "t o   b e\n\u{FFFD}\n")
  }

  @Test func wordsAreCounted() throws {
    let scratch = try Scratch()
    try AtomicFile.write("the Swift the swift THE end", to: scratch("text"))
    let out = scratch("words.json")
    let train = try Apus.run(
      "tokenizer", "train", scratch("text"), "--kind", "words", "--lowercase", "--minimum-count", "2", "--out", out,
      "--special", "<pad>,<end>")
    #expect(train.status == 0 && train.errors == "5 tokens\n", "\(train.errors)")
    #expect(try Apus.run("tokenizer", "encode", out, "Swift the end <end>").output == "4 3 0 2\n")
    #expect(try Apus.run("tokenizer", "decode", out, "4", "2", "--keep-special").output == "swift <end>\n")
  }

  @Test func mistakesAreTold() throws {
    let scratch = try Scratch()
    try AtomicFile.write([0x61, 0xFF], to: scratch("binary"))
    try AtomicFile.write("ab", to: scratch("text"))
    expectFailure(try Apus.run("tokenizer", "train", scratch("binary")), "binary: at byte 1: not a text in UTF-8")
    expectFailure(try Apus.run("tokenizer", "train", scratch("none")), "none: cannot open for reading")
    expectFailure(
      try Apus.run("tokenizer", "train", scratch("text"), "--kind", "word"), status: 2, "did you mean words?")
    expectFailure(try Apus.run("tokenizer", "train", scratch("text"), "--vocabulary", "9"), status: 2, "from 256 to")
    expectFailure(try Apus.run("tokenizer", "encod", scratch("text")), status: 2, "did you mean encode?")
    expectFailure(try Apus.run("tokenizer", "encode", scratch("text"), "a"), "text: line 1, column 1: ")
    _ = try Apus.run("tokenizer", "train", scratch("text"), "--kind", "characters", "--out", scratch("t.json"))
    expectFailure(try Apus.run("tokenizer", "decode", scratch("t.json"), "7"), status: 2, "'7' is no token's number")
  }
}
