import ApusFiles
import Testing

@Suite struct VectorsCommandTests {
  private static func makeText() -> String {
    let groups = [["swift", "swallow", "martin"], ["iron", "copper", "silver"]]
    let lines = (0..<600).map { (line: Int) -> String in
      let words = (0..<6).map { (place: Int) -> String in
        groups[line % 2][(line / 2 + place * place + line * place) % 3]
      }
      return words.joined(separator: " ")
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: ["skip-gram", "cbow", "svd"]) func vectorsAreLearnedAskedAndDrawn(_ model: String) throws {
    let scratch = try Scratch()
    try AtomicFile.write(Self.makeText(), to: scratch("text"))
    let out = scratch("v.txt")
    let options =
      model == "svd"
      ? ["--dimensions", "3"] : ["--dimensions", "8", "--epochs", "40", "--subsample", "1", "--learning-rate", "0.1"]
    let train = try Apus.run(
      ["vectors", "train", scratch("text"), "--model", model, "--threads", "1", "--out", out] + options)
    #expect(train.status == 0 && train.output == out + "\n", "\(train.errors)")
    #expect(train.errorLines[0] == "6 words, 3,600 of 3,600 read")
    let near = try Apus.run("vectors", "nearest", out, "swift", "--count", "2")
    let words = near.output.split(separator: "\n").map { $0.split(separator: " ")[1] }
    // Bags of so few words tell least; WordVectorTests has a larger text for them.
    let isRight = model == "cbow" ? words.count == 2 : Set(words) == ["swallow", "martin"]
    #expect(isRight, "\(near.output)\(near.errors)")
    let list = try JSONValue(
      parsing: try Apus.run("vectors", "analogy", out, "swift", "iron", "martin", "--json", "--count", "1").output)
    #expect(list.array?.count == 1 && list.array?[0]["similarity"]?.double != nil)
    let map = try Apus.run("vectors", "map", out, "--method", "pca", "--out", scratch("map.svg"))
    #expect(map.status == 0, "\(map.errors)")
    #expect(String(decoding: try File.read(scratch("map.svg")), as: UTF8.self).contains(">swallow<"))
    let figure = try Apus.run("figure", "embedding-map", out, "--out", scratch("figure.svg"))
    #expect(figure.status == 0, "\(figure.errors)")
  }

  @Test func trainLearnsThemByName() throws {
    let scratch = try Scratch()
    try AtomicFile.write(Self.makeText(), to: scratch("text"))
    let run = try Apus.run(
      "train", "word2vec", "--data", scratch("text"), "--epochs", "2", "--out", scratch("v.bin"), "--quiet")
    #expect(run.status == 0 && run.output == scratch("v.bin") + "\n" && run.errors.isEmpty, "\(run.errors)")
    expectFailure(
      try Apus.run("train", "word2vec", "--data", scratch("text"), "--augment", "flip"), status: 2,
      "--augment does not go with word2vec")
    expectFailure(
      try Apus.run("train", "svd-embeddings", "--data", scratch("text"), "--out", scratch("v.bin"), "--quiet"),
      "6 words are fewer than 100 dimensions")
  }

  @Test func vectorsAreJudged() throws {
    let scratch = try Scratch()
    try AtomicFile.write("4 2\na 1 0\nb 1 1\nc 0 1\nd -1 1\n", to: scratch("v.txt"))
    try AtomicFile.write(": turns\na b b c\na b c d\n", to: scratch("questions"))
    try AtomicFile.write("a\tb\t3\na\tc\t2\na\td\t1\n", to: scratch("pairs"))
    let run = try Apus.run(
      "vectors", "evaluate", scratch("v.txt"), "--questions", scratch("questions"), "--similarity", scratch("pairs"),
      "--json")
    let json = try JSONValue(parsing: run.output)
    #expect(json["total"]?["asked"]?.int == 2 && json["pairs"]?.int == 3)
    #expect(json["rank_correlation"]?.double == 1)
  }

  @Test func mistakesAreTold() throws {
    let scratch = try Scratch()
    try AtomicFile.write("2 1\nswift 1\nwing 2\n", to: scratch("v.txt"))
    try AtomicFile.write("one two", to: scratch("text"))
    expectFailure(try Apus.run("vectors", "nearest", scratch("v.txt"), "swfit"), "did you mean swift?")
    expectFailure(try Apus.run("vectors", "analogy", scratch("v.txt"), "swift"), status: 2, "takes 4 more words")
    expectFailure(try Apus.run("vectors", "learn", "x"), status: 2, "unknown word 'learn'")
    expectFailure(try Apus.run("vectors", "train", scratch("none")), "neither a file nor a folder nor one of")
    expectFailure(try Apus.run("vectors", "train", scratch("text")), "no two words occur 5 times")
    expectFailure(
      try Apus.run("vectors", "train", scratch("text"), "--model", "glove"), status: 2, "unknown model 'glove'")
    expectFailure(try Apus.run("vectors", "evaluate", scratch("v.txt")), status: 2, "needs --questions or --similarity")
    expectFailure(try Apus.run("vectors", "map", scratch("v.txt")), "a map takes five words or more")
  }
}
