import CApusLinearAlgebra
import Synchronization

/// The tables of a Fourier transform of one length. Not written once made.
final class FourierPlan: @unchecked Sendable {
  struct Key: Hashable {
    let size: Int
    let isReal: Bool
    let isDouble: Bool
  }

  let pointer: OpaquePointer

  private init(_ key: Key) { pointer = apus_fourier_plan_make(key.size, key.isReal, key.isDouble) }

  deinit { apus_fourier_plan_free(pointer) }

  /// Plans are as large as what they transform and take longer to make than to use: so a few are kept.
  private static let kept = Mutex<[Key: FourierPlan]>([:])
  private static let mostKept = 32

  static func of(_ key: Key) -> FourierPlan {
    if let plan = kept.withLock({ $0[key] }) { return plan }
    // Made outside the lock: another thread that makes the same one meanwhile does no harm.
    let plan = FourierPlan(key)
    kept.withLock { plans in
      if plans.count >= mostKept { plans.removeAll() }
      plans[key] = plan
    }
    return plan
  }
}
