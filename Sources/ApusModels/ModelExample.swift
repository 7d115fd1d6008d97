import ApusNN
import ApusTensor

/// A model and what it may be given, for showing how it is built.
public struct ModelExample {
  public let model: Module
  public let inputs: [Tensor]
  private let run: ([Tensor]) -> Tensor

  public init(_ model: any Layer, _ input: Tensor) {
    (self.model, inputs) = (model, [input])
    run = { model($0[0]) }
  }

  public init(_ model: any Translator, source: Tensor, target: Tensor) {
    (self.model, inputs) = (model, [source, target])
    run = { model($0[0], $0[1]) }
  }

  /// What the model makes of the inputs.
  public var outputs: Tensor { run(inputs) }

  /// What the model makes of others of the same shapes.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor { run(inputs) }

  /// The model layer by layer.
  public var summary: ModelSummary { ModelSummary(model, LayerTrace.record { _ = outputs }) }
}

extension Recipe.Work {
  /// A new model and inputs of the recipe's sizes: for ten classes, seven tags, and as many tokens as there may be.
  public func makeExample(batch: Int, key: inout RandomKey) -> ModelExample {
    func tokens(_ time: Int) -> Tensor { .ones([batch, time], dtype: .int32) }
    switch self {
    case .classification(let inputShape, let makeModel):
      return ModelExample(makeModel(10, &key), .zeros(Shape([batch] + inputShape)))
    case .segmentation(let inputShape, let makeModel):
      return ModelExample(makeModel(11, &key), .zeros(Shape([batch] + inputShape)))
    case .table(let makeModel): return ModelExample(makeModel(8, 10, &key), .zeros([batch, 8]))
    case .languageModel(let work):
      let vocabulary = work.unit.vocabulary
      let model: any Layer =
        switch work.model {
        case .recurrent(let makeModel): makeModel(vocabulary, &key)
        case .transformer(let makeModel): makeModel(vocabulary, work.time, &key)
        }
      return ModelExample(model, tokens(work.time))
    case .translation(let work):
      let model = work.makeModel(work.vocabulary, work.vocabulary, work.context, &key)
      return ModelExample(model, source: tokens(work.context), target: tokens(work.context))
    case .punctuation(let work): return ModelExample(work.makeModel(work.vocabulary, 7, &key), tokens(work.time))
    case .forecast(let work): return ModelExample(work.makeModel(3, &key), .zeros([batch, work.window, 3]))
    case .imageModel(let work):
      let model = work.makeModel(work.imageShape, 10, work.usualSettings, &key)
      return ModelExample(model, .zeros(Shape([batch] + work.imageShape)))
    case .textClassification(let work):
      return ModelExample(work.makeModel(work.vocabulary, 10, work.context, &key), tokens(work.context))
    }
  }
}

extension LanguageModelWork.Unit {
  /// How many tokens there are at most; of characters, what a text in English has.
  var vocabulary: Int {
    switch self {
    case .characters: 96
    case .notes: 400
    case .words(let vocabulary), .bytePairs(let vocabulary): vocabulary
    }
  }
}
