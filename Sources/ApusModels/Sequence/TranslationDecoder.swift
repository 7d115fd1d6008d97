import ApusNN
import ApusTensor

/// A translator as a model that writes: `generate` and `beamSearch` translate with it.
///
/// ```swift
/// let decoder = TranslationDecoder(model)
/// let state = decoder.state(reading: sources)  // [batch, sourceTime]
/// let search = BeamSearch(width: 4, maximumTokens: 60, stopTokens: [end], normalization: .wu(0.6))
/// let found = try decoder.beamSearch(sources.map { _ in [begin] }, search, from: state)
/// ```
public final class TranslationDecoder: Module, AutoregressiveModel {
  public let translator: any Translator

  public override var stateKeys: [String: StateKey] { ["translator": .merged] }

  public init(_ translator: any Translator) { self.translator = translator }

  public var vocabularySize: Int { translator.vocabulary }
  public var contextLength: Int? { (translator as? TransformerTranslator)?.context }

  /// What there is to know of sources `[batch, sourceTime]`, filled up at the end.
  public func state(reading source: Tensor) -> TranslatorState { TranslatorState(translator.begin(source)) }

  /// A translation begins with a source: this is a mistake.
  public func makeDecodingState(batch: Int, capacity: Int) -> TranslatorState {
    TranslatorState([
      .mistake("TranslationDecoder: there is no source. Give `from: decoder.state(reading: sources)`")
    ])
  }

  public func nextLogits(_ tokens: Tensor, state: TranslatorState) -> Tensor {
    var logits = Tensor.zeros([tokens.shape[0], vocabularySize])
    for place in 0..<tokens.shape[1] {
      let step = translator.next(tokens[TensorIndex.all, place], state.parts, position: state.position)
      state.advance(to: step.state)
      logits = step.logits
    }
    return logits
  }
}

/// What a translator remembers of its sources and of what it has written.
public final class TranslatorState: DecodingState {
  private let start: [Tensor]
  private let slots: [TensorSlot]
  private let count = TensorSlot(Tensor(0, dtype: .int32))

  /// - Parameter start: What `begin` of the translator gave: tensors whose first axis is the batch.
  public init(_ start: [Tensor]) {
    Tensor.evaluate(start)
    self.start = start
    slots = start.map { TensorSlot($0) }
  }

  /// What `next` of the translator gave.
  public var parts: [Tensor] { slots.map(\.value) }

  /// How many tokens were written, `int32`.
  public var position: Tensor { count.value }

  func advance(to parts: [Tensor]) {
    for (slot, part) in zip(slots, parts) { slot.value = part }
    count.value = count.value + Tensor(1, dtype: .int32)
  }

  /// Translations begin with marks, as many in each row; filling up is a mistake.
  public func reset(padding: [Int]) {
    if padding.contains(where: { $0 != 0 }) {
      _ = Tensor.mistake("TranslatorState: beginnings of different lengths, expected as many tokens in each row")
    }
    for (slot, part) in zip(slots, start) { slot.value = part }
    count.value = Tensor(0, dtype: .int32)
  }

  public func select(rows: [Int]) {
    let places = Tensor(rows.map { Int32($0) })
    for slot in slots { slot.value = slot.value.take(places, axis: 0) }
    Tensor.evaluate(slots.map(\.value))
  }

  public var stateSlots: [Slot] { slots + [count] }
}
