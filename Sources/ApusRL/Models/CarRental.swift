/// Jack's car rental (Sutton & Barto 2018, example 4.2): two places whose cars are wanted and returned at random, and
/// up to five cars moved over night. The state is how many cars there are at each in the evening.
public struct CarRental: Hashable, Sendable {
  /// The most cars at a place; what is above goes away.
  public var mostCars = 20
  /// The most cars moved in a night.
  public var mostMoved = 5
  /// Means of the cars that are wanted in a day at each place, Poisson distributed.
  public var wanted = [3.0, 4.0]
  /// Means of the cars that come back.
  public var returned = [3.0, 2.0]
  /// What a rented car brings.
  public var income = 10.0
  /// What it costs to move one.
  public var cost = 2.0

  public init() {}

  /// Action `a` moves a − 5 cars from the first place to the second.
  public var process: MarkovDecisionProcess {
    let count = mostCars + 1
    let days = (0..<2).map { day(wanted[$0], returned[$0]) }
    do {
      var process = try MarkovDecisionProcess(states: count * count, actions: 2 * mostMoved + 1) { state, action in
        let (first, second, moved) = (state / count, state % count, action - mostMoved)
        guard moved <= first, -moved <= second else { return [] }
        let (a, b) = (min(first - moved, mostCars), min(second + moved, mostCars))
        let reward = days[0].rented[a] * income + days[1].rented[b] * income - cost * Double(abs(moved))
        return (0..<count).flatMap { i in
          (0..<count).map { j in .init(days[0].next[a][i] * days[1].next[b][j], i * count + j, reward: reward) }
        }
      }
      process.actionNames = (-mostMoved...mostMoved).map { "\($0)" }
      process.stateNames = (0..<(count * count)).map { "\($0 / count),\($0 % count)" }
      process.usualDiscount = 0.9
      // As the book draws it: the cars of the first place upwards, those of the second to the right.
      process.layout = GridLayout(
        rows: count, columns: count, states: (0..<(count * count)).map { (mostCars - $0 / count) * count + $0 % count },
        marks: [String](repeating: ".", count: count * count), moves: process.actionNames.map { _ in nil })
      return process
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// A day at one place by the cars it begins with: how many are rented, and how many there are in the evening.
  private func day(_ wanted: Double, _ returned: Double) -> (rented: [Double], next: [[Double]]) {
    var (rented, next) = ([Double](), [[Double]]())
    for cars in 0...mostCars {
      var (mean, row) = (0.0, [Double](repeating: 0, count: mostCars + 1))
      for (taken, p) in Self.upTo(cars, mean: wanted).enumerated() {
        mean += p * Double(taken)
        for (back, q) in Self.upTo(mostCars - cars + taken, mean: returned).enumerated() {
          row[cars - taken + back] += p * q
        }
      }
      rented.append(mean)
      next.append(row)
    }
    return (rented, next)
  }

  /// Poisson's distribution of 0, 1, … `most`, which also stands for what is above.
  private static func upTo(_ most: Int, mean: Double) -> [Double] {
    var shares: [Double] = []
    var (share, rest) = (exponential(-mean), 1.0)
    for count in 0..<most {
      shares.append(share)
      rest -= share
      share *= mean / Double(count + 1)
    }
    return shares + [max(0, rest)]
  }
}
