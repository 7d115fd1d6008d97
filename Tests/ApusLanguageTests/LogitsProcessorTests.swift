import Apus
import Testing

@Suite struct LogitsProcessorTests {
  /// Hugging Face's processors and warpers.
  @Test func logitsProcessorsAreThoseOfHuggingFace() throws {
    let cases = try PretrainedFixture.cases().filter { $0["processor"] != nil }
    #expect(cases.count == 22)
    for item in cases {
      let value = try #require(item["value"]?.double)
      let known: LogitsProcessor? =
        switch item["processor"]?.string {
        case "temperature": .temperature(value)
        case "topK": .topK(Int(value))
        case "topP": .topP(value)
        case "repetitionPenalty": .repetitionPenalty(value)
        default: nil
        }
      let processor = try #require(known)
      var logits = try #require(item["logits"]).floats
      let history = try #require(item["history"]).integers
      processor(&logits, history: history)
      let expected = try #require(item["output"]).floats
      for (found, wanted) in zip(logits, expected) {
        #expect(found == wanted || abs(found - wanted) < 1e-5, "\(item["processor"]!) \(value)")
      }
    }
  }
}
