import Apus
import ApusLanguage
import Testing

/// Tiny models of Hugging Face's: their weights give our models their answers.
@Suite struct PretrainedModelTests {
  private static let writers = ["gpt2", "llama", "llama-scaled"]

  private func difference(_ found: Tensor, _ expected: [Double]) -> Double {
    let numbers = found.doubles()
    guard numbers.count == expected.count else { return .infinity }
    return zip(numbers, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private func tensor(_ rows: [[Int]]) -> Tensor {
    Tensor(rows.flatMap { $0.map { Int32($0) } }, shape: [rows.count, rows.first?.count ?? 0])
  }

  @Test(arguments: writers) func logitsAreThoseOfHuggingFace(_ name: String) throws {
    let item = try PretrainedFixture.cases(ofModel: name)
    let tokens = tensor(try #require(item["tokens"]).rows)
    let directory = PretrainedFixture.directory(name)
    let model: any Layer = name == "gpt2" ? try GPT(directory: directory) : try Llama(directory: directory)
    #expect(difference(model(tokens), try #require(item["logits"]).numbers) < 1e-4)
  }

  @Test(arguments: writers) func greedyTokensAreThoseOfHuggingFace(_ name: String) throws {
    let item = try PretrainedFixture.cases(ofModel: name)
    let model = try PretrainedLanguageModel(directory: PretrainedFixture.directory(name)).model
    var options = GenerationOptions.greedy
    options.maximumTokens = 24
    let found = try model.generate(try #require(item["tokens"]).rows, options)[0][0]
    #expect(found.tokens == (try #require(item["greedy"]).integers))
  }

  @Test(arguments: writers) func beamsAreThoseOfHuggingFace(_ name: String) throws {
    let item = try PretrainedFixture.cases(ofModel: name)
    let model = try PretrainedLanguageModel(directory: PretrainedFixture.directory(name)).model
    for beams in try #require(item["beams"]?.array) {
      let stop = try #require(beams["stop"]?.int)
      let search = BeamSearch(
        width: try #require(beams["width"]?.int), maximumTokens: 8, stopTokens: [stop],
        normalization: .power(try #require(beams["length_penalty"]?.double)))
      let found = try model.beamSearch(try #require(item["tokens"]).rows, search)[0]
      for (hypothesis, (tokens, score)) in zip(
        found, zip(try #require(beams["tokens"]).rows, try #require(beams["scores"]).numbers))
      {
        // Theirs are filled up after the stop token.
        #expect(hypothesis.tokens == Array(tokens.prefix { $0 != stop && $0 != 0 || hypothesis.tokens.contains(0) }))
        #expect(abs(hypothesis.score - score) < 1e-4)
      }
    }
  }

  /// Prompts of several lengths in a batch, with grouped heads and rotary places.
  @Test func rowsOfALlamaAreTheirSingleRuns() throws {
    let model = try Llama(directory: PretrainedFixture.directory("llama"))
    let prompts = [[5, 17, 80], [1], [9, 9, 8, 7, 6, 5, 4]]
    let options = GenerationOptions(maximumTokens: 12, temperature: 0.9, topK: 20, seed: 3)
    for (prompt, found) in zip(prompts, try model.generate(prompts, options)) {
      #expect(try found[0].tokens == model.generate([prompt], options)[0][0].tokens)
    }
  }

  @Test func featuresOfBERTAreThoseOfHuggingFace() throws {
    let item = try PretrainedFixture.cases(ofModel: "bert")
    let model = try BERT(directory: PretrainedFixture.directory("bert"))
    let mask = try #require(item["mask"]).rows
    let features = model(
      tensor(try #require(item["tokens"]).rows), types: tensor(try #require(item["types"]).rows),
      padding: tensor(mask) .== 0)
    let seen = mask.flatMap { $0 }.enumerated().filter { $0.element == 1 }.map { Int32($0.offset) }
    let rows = features.reshaped(to: [18, 16]).take(Tensor(seen), axis: 0)
    #expect(difference(rows, try #require(item["hidden"]).numbers) < 1e-4)
    #expect(difference(model.pooled(features), try #require(item["pooled"]).numbers) < 1e-4)
  }

  @Test func maskedTokensAreFilledInAsHuggingFaceDoes() throws {
    let item = try PretrainedFixture.cases(ofModel: "bert-masked")
    let model = try BERT(directory: PretrainedFixture.directory("bert-masked"))
    #expect(model.pooler == nil)
    let mask = try #require(item["mask"]).rows
    let features = model(
      tensor(try #require(item["tokens"]).rows), types: tensor(try #require(item["types"]).rows),
      padding: tensor(mask) .== 0)
    let seen = mask.flatMap { $0 }.enumerated().filter { $0.element == 1 }.map { Int32($0.offset) }
    let few = stride(from: 0, to: seen.count, by: 4).map { seen[$0] }
    let logits = model.maskedLogits(features).reshaped(to: [18, 600]).take(Tensor(few), axis: 0)
    #expect(difference(logits, try #require(item["logits"]).numbers) < 1e-4)
  }

  /// Weights keep the type of the file where that is asked for, and answers stay near.
  @Test func weightsMayStayAsTheyAreStored() throws {
    let directory = PretrainedFixture.directory("llama-scaled")
    let (wide, narrow) = (try Llama(directory: directory), try Llama(directory: directory, dtype: nil))
    #expect(narrow.parameters.allSatisfy { $0.slot.tensor!.dtype == .bfloat16 })
    #expect(wide.parameters.allSatisfy { $0.slot.tensor!.dtype == .float32 })
    let tokens = tensor([[5, 17, 80, 3]])
    let (expected, found) = (wide(tokens), narrow(tokens).cast(to: .float32))
    // bfloat16 has eight significant bits.
    let error = ((found - expected).abs().max() / expected.abs().max()).item()
    #expect(error < 0.05)
    let text = try narrow.generate([[5, 17]], GenerationOptions(maximumTokens: 4, temperature: 0))[0][0]
    #expect(text.tokens.count == 4)
  }

  /// What Hugging Face's `save_pretrained` ties is one parameter here.
  @Test func tiedHeadsAreOneParameter() throws {
    let llama = try Llama(directory: PretrainedFixture.directory("llama-scaled"))
    #expect(llama.head == nil)
    #expect(try Llama(directory: PretrainedFixture.directory("llama")).head != nil)
  }
}
