import ApusData
import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Testing

/// Texts that packages of the system bring, and texts of one's own.
@Suite struct TextDatasetTests {
  /// What GNU gettext's `msgfmt` 0.21 makes of three messages and a header.
  private static let catalog = bytes(
    hexadecimal: """
      de12049500000000040000001c0000003c000000050000005c000000000000007000000010000000710000000d00000082000000
      14000000900000004e000000a500000016000000f4000000110000000b0100001e0000001d010000010000000200000004000000
      03000000000000000025642066696c650025642066696c6573004f70656e207468652066696c65006d656e75045f536176652061
      6c6c2066696c657300436f6e74656e742d547970653a20746578742f706c61696e3b20636861727365743d5554462d380a506c75
      72616c2d466f726d733a206e706c7572616c733d323b20706c7572616c3d6e3e313b0a0025642066696368696572002564206669
      636869657273004f7576726972206c652066696368696572005f456e72656769737472657220746f7573206c6573206669636869
      65727300
      """)

  // MARK: Catalogues of messages

  @Test func messagesAreRead() throws {
    let messages = try MessageCatalog(bytes: Self.catalog, path: "fr.mo").messages
    #expect(
      messages == [
        .init(context: nil, text: "%d file", translation: "%d fichier"),
        .init(context: nil, text: "Open the file", translation: "Ouvrir le fichier"),
        .init(context: "menu", text: "_Save all files", translation: "_Enregistrer tous les fichiers"),
      ])
  }

  @Test func damagedCataloguesAreRefused() throws {
    // The very last byte is a zero that nothing needs.
    for count in 0..<(Self.catalog.count - 1) {
      let error = #expect(throws: FileError.self, "\(count)") {
        try MessageCatalog(bytes: Array(Self.catalog.prefix(count)), path: "fr.mo")
      }
      #expect(error.map { isSingleLine($0.description) } == true)
    }
    for place in 0..<0x5C {
      for value in [0x7F, 0xFF] as [UInt8] {
        var damaged = Self.catalog
        damaged[place] = value
        _ = try? MessageCatalog(bytes: damaged, path: "fr.mo")
      }
    }
  }

  @Test func onlyPlainSentencesAreTaken() throws {
    func pair(_ source: String, _ target: String) -> String? {
      GettextPairs.pair(source, target).map { "\($0.source)|\($0.target)" }
    }
    #expect(pair("_Open the file", "_Ouvrir le fichier") == "Open the file|Ouvrir le fichier")
    #expect(pair("Really quit?", "Vraiment quitter\u{A0}?") == "Really quit?|Vraiment quitter ?")
    for (source, target) in [
      ("%d files left", "%d fichiers restants"), ("File", "Fichier"), ("a b", "a b"), ("use --all here", "a b"),
      ("a line\nand another", "une ligne\net une autre"), ("the file a.txt here", "le fichier a.txt ici"),
      ("ON OFF", "OUI NON"), ("a/b or c", "a/b ou c"),
      ("one two three four five six seven eight nine ten eleven twelve thirteen", "un deux"),
    ] {
      #expect(pair(source, target) == nil, "\(source)")
    }
  }

  // MARK: Splits

  @Test func textsAreCutWhereLinesEnd() {
    let text = (0..<100).map { "line \($0)\n" }.joined()
    let corpus = TextCorpus(name: "lines", text: text, validationShare: 0.1, testShare: 0.2)
    #expect(corpus.text == text)
    for part in [corpus.train, corpus.validation, corpus.test] {
      #expect(part.hasPrefix("line ") && part.hasSuffix("\n"))
    }
    #expect(abs(corpus.train.count - text.count * 7 / 10) < 10 && abs(corpus.test.count - text.count / 5) < 10)
    let whole = TextCorpus(name: "one", text: "no end of a line", validationShare: 0, testShare: 0)
    #expect(whole.train == "no end of a line" && whole.validation.isEmpty && whole.test.isEmpty)
  }

  @Test func sentencesStayInTheirPart() {
    let pairs = (0..<2000).map { ParallelCorpus.Pair(source: "s\($0)", target: "t\($0)") }
    let corpus = ParallelCorpus(name: "pairs", pairs: pairs, validationShare: 0.1, testShare: 0.2)
    #expect(abs(corpus.test.count - 400) < 60 && abs(corpus.validation.count - 200) < 50)
    #expect(corpus.train.count + corpus.validation.count + corpus.test.count == 2000)
    let half = ParallelCorpus(
      name: "half", pairs: Array(pairs.reversed().prefix(900)), validationShare: 0.1, testShare: 0.2)
    #expect(Set(half.test).isSubset(of: Set(corpus.test)) && Set(half.train).isSubset(of: Set(corpus.train)))
  }

  // MARK: Files of one's own

  @Test func filesAndFoldersAreRead() throws {
    try withTemporaryDirectory { path in
      try AtomicFile.write("two", to: path + "/b.txt")
      try AtomicFile.write("one\n", to: path + "/a.txt")
      try AtomicFile.write("none", to: path + "/c.md")
      #expect(try TextCorpus.load(path, validationShare: 0).text == "one\ntwo\n")
      #expect(try TextCorpus(contentsOf: path + "/a.txt").text == "one\n")
      try AtomicFile.write([0x61, 0x80], to: path + "/a.txt")
      let error = #expect(throws: DatasetError.self) { try TextCorpus.load(path) }
      #expect(error?.description == "\(path)/a.txt: at byte 1: not a text in UTF-8")
      try AtomicFile.write("a cat\tun chat\r\na dog\tun chien\tTatoeba\n", to: path + "/p.tsv")
      let pairs = try ParallelCorpus.load(path + "/p.tsv", validationShare: 0, testShare: 0).train
      #expect(pairs == [.init(source: "a cat", target: "un chat"), .init(source: "a dog", target: "un chien")])
      try AtomicFile.write("a cat\tun chat\nalone\n", to: path + "/p.tsv")
      let problem = #expect(throws: DatasetError.self) { try ParallelCorpus.load(path + "/p.tsv") }
      #expect(problem?.description.hasSuffix("p.tsv: line 2 is not two texts with a tab between them") == true)
      let none = #expect(throws: DatasetError.self) { try TextCorpus.load(path + "/none") }
      #expect(none?.description.contains("king-james-bible, gcide, wordnet-glosses") == true)
      #expect(throws: DatasetError.self) { try TextDataset.kingJamesBible.load(directory: path) }
      try AtomicFile.write("EC02", to: path + "/bible.data")
      #expect(throws: DatasetError.self) { try TextDataset.kingJamesBible.load(directory: path) }
    }
  }

  @Test func dictionariesLoseTheirMarks() throws {
    let entry = """
      Daunt \\Daunt\\ (d[add]nt; 277), v. t. [OF. danter, F.
         dompter to tame. See {Tame}.]
         1. To overcome; to {conquer}. [Obs.]
            [1913 Webster]

               Some presences daunt and discourage us. --Glanvill.

         Syn: To dismay.
      """
    let lines = GCIDE.text(Array(entry.utf8)).split(separator: "\n")
    #expect(
      lines == [
        "Daunt (dnt; 277), v. t. 1. To overcome; to conquer.", "Some presences daunt and discourage us.",
        "Syn: To dismay.",
      ])
    let gloss = "00002684 03 n 02 object 0 physical_object 0 001 @ 00001930 n 0000 | a tangible entity; \"balls\"  "
    #expect(WordNetGlosses.entry(Substring(gloss)) == "object, physical object: a tangible entity; \"balls\"")
    #expect(WordNetGlosses.entry("00002684 03 n ff object | a tangible entity") == nil)
  }

  // MARK: What packages bring

  private static func isHere(_ dataset: TextDataset) -> Bool { (try? dataset.locate()) != nil }

  @Test(.enabled(if: isHere(.kingJamesBible), "no bible-kjv-text")) func theBibleIsWhole() throws {
    let corpus = try TextDataset.kingJamesBible.load(testShare: 0.05)
    let lines = corpus.text.split(separator: "\n")
    #expect(lines.count == 31_102)
    #expect(corpus.train.hasPrefix("In the beginning God created the heaven and the earth.\nAnd the earth was without"))
    #expect(corpus.test.hasSuffix("\nThe grace of our Lord Jesus Christ be with you all. Amen.\n"))
    #expect(corpus.text.split(separator: "\n\n").count == 66)
    // `bible -f gen1:1-rev22:21 | wc -w` counts a place before each verse.
    #expect(lines.reduce(0) { $0 + $1.split(separator: " ").count } == 820_736 - 31_102)
  }

  @Test(.enabled(if: isHere(.wordNetGlosses), "no wordnet-base")) func glossesAreWhole() throws {
    let corpus = try TextDataset.wordNetGlosses.load()
    // WordNet 3.0 has 82,115 + 13,767 + 18,156 + 3,621 sets of synonyms (wnstats(7WN)).
    #expect(corpus.text.split(separator: "\n").count == 117_659)
    #expect(corpus.train.hasPrefix("entity: that which is perceived or known or inferred to have its own distinct"))
  }

  @Test(.enabled(if: isHere(.gettextFrench), "no French catalogues")) func programsSpeakFrench() throws {
    let corpus = try TextDataset.gettextFrench.loadPairs()
    #expect(corpus.pairs.count > 100)
    #expect(Set(corpus.pairs.map(\.source)).count == corpus.pairs.count)
    #expect(throws: DatasetError.self) { try TextDataset.gettextFrench.load() }
  }
}
