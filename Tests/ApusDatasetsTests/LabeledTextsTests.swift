import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Testing

@Suite struct LabeledTextsTests {
  @Test func textsAreReadWithTheirClasses() throws {
    try withTemporaryDirectory { folder in
      let path = folder + "/texts.tsv"
      try AtomicFile.write((0..<40).map { "\($0 % 2 == 0 ? "even" : "odd")\tnumber \($0)\n" }.joined(), to: path)
      let texts = try LabeledTexts(contentsOf: path)
      #expect(texts.classNames == ["even", "odd"] && texts.train.count == 36 && texts.test.count == 4)
      #expect(Set((texts.train + texts.test).map(\.text)).count == 40)
      for example in texts.train + texts.test {
        let number = try #require(Int(example.text.dropFirst(7)))
        #expect(example.label == number % 2)
      }
      try AtomicFile.write("even\tone\nodd\n", to: path)
      let error = #expect(throws: FileError.self) { try LabeledTexts(contentsOf: path) }
      #expect(error?.description.hasSuffix("line 2 has 1 fields, expected a class, a tab and a text") == true)
    }
  }

  /// Entries as WordNet's files have them (wndb(5WN)); the second field is the number of the lexicographer's file.
  @Test func definitionsOfWordNetHaveTheirFiles() throws {
    try withTemporaryDirectory { folder in
      let licence = "  1 This software and database is provided \"as is\".\n"
      let entries = [
        "data.noun":
          "02084071 05 n 01 dog 0 001 @ 02083346 n 0000 | a member of the genus Canis; \"the dog barked\"  \n",
        "data.verb": "01904930 38 v 01 walk 0 001 @ 01835496 v 0000 01 + 01 00 | use one's feet to advance  \n",
        "data.adj": "00001740 00 a 01 able 0 000 | having the necessary means  \n",
        "data.adv": "00001740 02 r 01 barely 0 000 | only just  \n",
      ]
      for (name, entry) in entries { try AtomicFile.write(licence + entry, to: "\(folder)/\(name)") }
      let texts = try LabeledTexts.wordNetGlosses(directory: folder)
      #expect(texts.classNames == ["adj.all", "adv.all", "noun.animal", "verb.motion"])
      let all = Dictionary(
        uniqueKeysWithValues: (texts.train + texts.test).map { (texts.classNames[$0.label], $0.text) })
      #expect(all["noun.animal"] == "a member of the genus Canis; \"the dog barked\"")
      #expect(all["verb.motion"] == "use one's feet to advance")
    }
  }
}
