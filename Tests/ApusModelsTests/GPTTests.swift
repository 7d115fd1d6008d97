import Apus
import Testing

struct GPTTests {
  /// Token by token with the cache, and the first of them together, the logits are those of the whole sequence.
  @Test func theCacheChangesNothing() {
    var key = RandomKey(3)
    let model = GPT(
      GPT.Configuration(vocabulary: 11, context: 12, width: 16, layers: 2, heads: 4, tiesHead: false), key: &key)
    let tokens = Tensor.randomIntegers([2, 10], in: 0..<11, key: &key)
    let whole = model(tokens)
    let cache = KeyValueCache(model, batch: 2)
    let step = compile(updating: model, cache) { model($0, cache: cache) }
    var parts = [step(tokens[TensorIndex.all, 0..<4])]
    for place in 4..<10 { parts.append(step(tokens[TensorIndex.all, place..<place + 1])) }
    let difference = (concatenate(parts, axis: 1) - whole).abs().max().item()
    #expect(difference < 1e-5)
    cache.reset()
    let again = (step(tokens[TensorIndex.all, 0..<4]) - parts[0]).abs().max().item()
    #expect(again == 0)
  }

  @Test func anAbsurdLengthIsToldWithTheLimit() throws {
    var key = RandomKey(3)
    let model = GPT(GPT.Configuration(vocabulary: 5, context: 4, width: 4, layers: 1, heads: 1), key: &key)
    let error = #expect(throws: OpError.self) { try checked { model(.zeros([1, 5], dtype: .int32)) } }
    #expect(error?.description == "GPT: tokens [1, 5], expected [batch, time] with a time up to 4")
  }
}
