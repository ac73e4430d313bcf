import Operations
import Postgres

/// The rungs below the login: name, address, certificate, and what the server says to somebody at the door.
///
/// Blocking, with a deadline on every wait.
struct OutsideLook: Sendable {
    let plan: ConnectionPlan
    let timeout: Duration

    /// What is known after the look, for the rungs above.
    struct Outcome: Sendable {
        var ladder: Ladder
        var address: ServerAddress?
        var tls: TLSFacts?
        var offersTLS = false
        var method: AuthenticationMethod?
        var hasFailed = false
    }

    func climb(_ ladder: Ladder) -> Outcome {
        var outcome = Outcome(ladder: ladder)
        // No host: libpq knows the folder of its own socket, and says so when there is none.
        guard !plan.endpoints.isEmpty else { return outcome }
        do throws(Stop) {
            let addresses = try resolve(&outcome)
            let probe = try reach(addresses, &outcome)
            defer { probe.leave() }
            try greet(probe, &outcome)
        } catch {
            outcome.ladder.fail(error.failure, at: error.rung, verdict: error.verdict)
            outcome.hasFailed = true
        }
        return outcome
    }

    private struct Stop: Error {
        let failure: Failure
        let rung: CheckStep.Name
        var verdict = CheckVerdict.critical
    }

    private func resolve(_ outcome: inout Outcome) throws(Stop) -> [ServerAddress] {
        outcome.ladder.begin()
        var addresses: [ServerAddress] = []
        var failure: PostgresError?
        var asked: [String] = []
        for endpoint in plan.endpoints {
            do throws(PostgresError) {
                if endpoint.isSocket {
                    addresses.append(try .socket(folder: endpoint.host, port: endpoint.port))
                    continue
                }
                let name = endpoint.address.isEmpty ? endpoint.host : endpoint.address
                let found = try ServerAddress.resolve(host: name, port: endpoint.port, timeout: timeout)
                addresses += found
                if endpoint.needsResolver {
                    let list = Set(found.map(\.text)).sorted().joined(separator: ", ")
                    asked.append("\(endpoint.host) is \(list)")
                }
            } catch {
                failure = error
                if plan.endpoints.count > 1 { outcome.ladder.note(error.message) }
            }
        }
        if addresses.isEmpty, let failure { throw Stop(failure: Failure(failure), rung: .dns) }
        if !asked.isEmpty { outcome.ladder.add(.dns, .init(text: asked.joined(separator: "; "))) }
        return addresses
    }

    private func reach(_ addresses: [ServerAddress], _ outcome: inout Outcome) throws(Stop) -> ServerProbe {
        outcome.ladder.begin()
        var failure: PostgresError?
        for address in addresses {
            do throws(PostgresError) {
                let probe = try ServerProbe(address, timeout: timeout)
                outcome.address = address
                let text = address.isSocket ? address.text : "\(address.text), port \(address.port)"
                outcome.ladder.add(address.isSocket ? .socket : .tcp, .init(text: text))
                return probe
            } catch {
                failure = error
                if addresses.count > 1 { outcome.ladder.note(error.message) }
            }
        }
        let error = failure ?? PostgresError(.connect(.network), "there is no address to connect to")
        let isSocket = addresses.first?.isSocket ?? false
        throw Stop(failure: Failure(error), rung: isSocket ? .socket : .tcp)
    }

    private func greet(_ probe: ServerProbe, _ outcome: inout Outcome) throws(Stop) {
        guard plan.mayProbe, let address = outcome.address else { return }
        do throws(PostgresError) {
            let endpoint = plan.endpoints.first { $0.host == address.host || $0.address == address.text }
            if plan.sslMode != "disable", plan.sslMode != "allow", !address.isSocket {
                outcome.offersTLS = try probe.offersTLS()
                if outcome.offersTLS {
                    let host = endpoint?.host ?? address.host
                    outcome.tls = try probe.handshake(
                        host: host.isEmpty ? address.text : host, roots: plan.roots.file)
                } else if ["require", "verify-ca", "verify-full"].contains(plan.sslMode) {
                    return
                }
            }
        } catch {
            // With several hosts, or with prefer after a failed handshake, libpq goes on; then it is the one to tell.
            if plan.endpoints.count > 1 || plan.sslMode == "prefer" && !error.isTimeout { return }
            throw Stop(failure: Failure(error), rung: .tls)
        }
        guard plan.mayRequestLogin(outcome.tls) else { return }
        do throws(PostgresError) {
            outcome.method = try probe.requestLogin([("user", plan.user), ("database", plan.database)])
        } catch {
            guard plan.isFinal(error) else { return }
            let failure = Failure(error)
            throw Stop(failure: failure, rung: CheckRules.rung(of: failure.code))
        }
    }
}
