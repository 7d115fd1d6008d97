import Apus
import ApusLanguage

extension Command {
  static let embed = Command(
    name: "embed", summary: "Turn sentences into vectors, or say how near their meanings are",
    operands: "MODEL TEXT…", operandCount: 2...Int.max,
    options: [
      Option(name: "similarity", help: "print the cosine between each text and each other instead"),
      Option(name: "batch-size", value: "N", help: "texts that go through the model together (default 32)"),
      Option(name: "json", help: "print one JSON object a text"),
    ],
    details: """
      MODEL is a directory as Sentence Transformers lays it out: a BERT with config.json, the weights as
      safetensors and tokenizer.json. The text - stands for the lines of standard input.
      """
  ) { arguments in
    let batch = try arguments.integer("batch-size", in: Limits.batchSize) ?? 32
    let texts = try arguments.operands.dropFirst().flatMap { text in
      text == "-"
        ? try StandardInput.text(maximumSize: 1 << 30).split(whereSeparator: \.isNewline).map(String.init) : [text]
    }
    let encoder = try SentenceEncoder(directory: arguments.operands[0])
    let vectors = encoder.encode(texts, batchSize: batch)
    let rows = try texts.indices.map { row in
      let numbers = vectors[row].doubles()
      guard numbers.allSatisfy(\.isFinite) else {
        throw Failure("\(arguments.operands[0]): the model answers with NaN: its weights are not usable")
      }
      return numbers
    }
    if arguments.has("similarity") { return printSimilarities(texts, rows, isJSON: arguments.has("json")) }
    for (text, row) in zip(texts, rows) {
      if arguments.has("json") {
        let object: JSONValue = ["text": .string(text), "embedding": .array(row.map { .number(rounded($0)) })]
        Terminal.print(object.serialized())
      } else {
        Terminal.print(row.map { "\(Float($0))" }.joined(separator: " "))
      }
    }
  }

  /// A table, texts numbered where there are several; or each pair as an object.
  private static func printSimilarities(_ texts: [String], _ rows: [[Double]], isJSON: Bool) {
    let lengths = rows.map { row in row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    func cosine(_ i: Int, _ j: Int) -> Double {
      zip(rows[i], rows[j]).reduce(0) { $0 + $1.0 * $1.1 } / max(lengths[i] * lengths[j], 1e-12)
    }
    for i in texts.indices {
      if isJSON {
        for j in texts.indices where j > i {
          let pair: JSONValue = [
            "first": .string(texts[i]), "second": .string(texts[j]), "cosine": .number(rounded(cosine(i, j))),
          ]
          Terminal.print(pair.serialized())
        }
      } else {
        let cells = texts.indices.map { cosine(i, $0).fixed(4).leftPadded(7) }.joined(separator: " ")
        Terminal.print("\(cells)  \(texts[i].singleLine)")
      }
    }
  }

  /// A number as `float32` is written.
  private static func rounded(_ number: Double) -> Double { Double("\(Float(number))") ?? number }
}
