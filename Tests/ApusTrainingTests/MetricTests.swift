import Apus
import Foundation
import Testing

/// Metrics against the numbers of scikit-learn: `Tests/Fixtures/fixture_metrics.py`. Examples come in batches of unequal
/// sizes.
@Suite struct MetricTests {
  private static func cases(_ kind: String) throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let json = try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/metrics.json").path)
    return try #require(json["cases"]?.array).filter { $0["kind"]?.string == kind }
  }

  private static func doubles(_ value: JSONValue?) throws -> [Double] {
    try #require(value?.array).compactMap(\.double)
  }

  /// Rows of numbers in batches of 7, 8, 9, ….
  private static func inBatches(_ count: Int, _ body: (Range<Int>) -> Void) {
    var (start, size) = (0, 7)
    while start < count {
      body(start..<min(count, start + size))
      (start, size) = (start + size, size + 1)
    }
  }

  private static func close(_ a: Double, _ b: Double?, _ tolerance: Double = 1e-12) -> Bool {
    b.map { abs(a - $0) <= tolerance * max(1, abs($0)) } ?? a.isNaN
  }

  /// The scores and labels of a case, batch by batch.
  private static func feed(_ json: JSONValue, _ add: (Tensor, Tensor) -> Void) throws {
    let (scores, labels) = (try doubles(json["scores"]), try doubles(json["labels"]))
    let classes = scores.count / labels.count
    inBatches(labels.count) { rows in
      let part = Array(scores[(rows.lowerBound * classes)..<(rows.upperBound * classes)])
      add(
        Tensor(part, shape: [rows.count, classes], dtype: .float64),
        Tensor(labels[rows].map { Int32($0) }))
    }
  }

  @Test func classesAreCountedAsScikitLearnDoes() throws {
    let cases = try Self.cases("classification")
    #expect(cases.count == 4)
    for json in cases {
      let classes = try #require(json["classes"]?.int)
      var (accuracy, matrix, perplexity) = (Accuracy(), ConfusionMatrix(classes: classes), Perplexity())
      try Self.feed(json) { scores, labels in
        accuracy.add(scores, labels)
        matrix.add(scores, labels)
        perplexity.add(scores, labels)
      }
      #expect(Self.close(accuracy.value, json["accuracy"]?.double))
      #expect(Self.close(matrix.value, json["accuracy"]?.double))
      #expect(Self.close(perplexity.value, json["perplexity"]?.double))
      #expect(matrix.counts == (json["confusion"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) })
      for score in [ConfusionMatrix.Score.precision, .recall, .f1, .intersectionOverUnion] {
        let expected = try #require(json[score.rawValue])
        for (a, b) in zip(matrix.perClass(score), try Self.doubles(expected["perClass"])) { #expect(Self.close(a, b)) }
        for averaging in [ConfusionMatrix.Averaging.macro, .micro, .weighted] {
          #expect(Self.close(matrix.average(score, averaging), expected[averaging.rawValue]?.double))
        }
      }
    }
  }

  @Test func theBestFewAreCountedAsScikitLearnDoes() throws {
    for json in try Self.cases("classification") where json["topK"] != nil {
      for (number, expected) in try Self.doubles(json["topK"]).enumerated() {
        var metric = TopKAccuracy(number + 1)
        try Self.feed(json) { metric.add($0, $1) }
        #expect(Self.close(metric.value, expected))
        #expect(metric.name == "top\(number + 1)_accuracy")
      }
    }
  }

  @Test func areasAreScikitLearns() throws {
    for json in try Self.cases("classification") {
      let expected = try #require(json["areas"]?.array).map(\.double)
      var all = AreaUnderROC()
      try Self.feed(json) { all.add($0, $1) }
      let known = expected.compactMap { $0 }
      #expect(Self.close(all.value, known.reduce(0, +) / Double(known.count)))
      for (number, area) in expected.enumerated() {
        var one = AreaUnderROC()
        try Self.feed(json) { scores, labels in
          one.add(scores[TensorIndex.ellipsis, number], (labels .== Double(number)).cast(to: .int32))
        }
        #expect(Self.close(one.value, area))
      }
    }
  }

  @Test func errorsAreScikitLearns() throws {
    let cases = try Self.cases("regression")
    #expect(cases.count == 2)
    for json in cases {
      let (targets, predictions) = (try Self.doubles(json["targets"]), try Self.doubles(json["predictions"]))
      let width = try #require(json["width"]?.int)
      var (absolute, squared) = (MeanAbsoluteError(), MeanSquaredError())
      var (root, determination) = (MeanSquaredError(takesRoot: true), RSquared())
      Self.inBatches(targets.count / width) { rows in
        let places = (rows.lowerBound * width)..<(rows.upperBound * width)
        let y = Tensor(targets[places].map { Float($0) }, shape: [rows.count, width])
        let p = Tensor(predictions[places].map { Float($0) }, shape: [rows.count, width])
        absolute.add(p, y)
        squared.add(p, y)
        root.add(p, y)
        determination.add(p, y)
      }
      #expect(Self.close(absolute.value, json["meanAbsolute"]?.double))
      #expect(Self.close(squared.value, json["meanSquared"]?.double))
      #expect(Self.close(root.value, json["rootMeanSquared"]?.double))
      #expect(Self.close(determination.value, json["rSquared"]?.double))
    }
  }

  @Test func nothingIsNotANumber() {
    for metric in [Accuracy(), Perplexity(), AreaUnderROC(), MeanAbsoluteError(), RSquared()] as [any Metric] {
      #expect(metric.value.isNaN)
    }
  }

  @Test func shapesThatDoNotFitAreTold() {
    var accuracy = Accuracy()
    #expect(throws: OpError.self) { try checked { accuracy.add(.zeros([4, 3]), .zeros([5], dtype: .int32)) } }
  }

  @Test func columnsHaveTheirMeans() throws {
    var means = ColumnMeans(["loss", "share"])
    #expect(means.value.isNaN)
    means.add(Tensor([1, 0, 3, 1, 5, 1] as [Float], shape: [3, 2]), Tensor([0, 0, 0] as [Int32]))
    means.add(Tensor([7, 0] as [Float], shape: [1, 2]), Tensor([0] as [Int32]))
    #expect(means.value == 4 && means.measures["loss"] == 4 && means.measures["share"] == 0.5)
    #expect(throws: OpError.self) {
      try checked {
        var wrong = ColumnMeans(["loss"])
        wrong.add(Tensor([1, 2] as [Float], shape: [1, 2]), Tensor(0))
        return Tensor(wrong.value)
      }
    }
  }
}
