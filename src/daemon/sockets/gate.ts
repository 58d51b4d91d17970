import type { Logger } from "../../lib/index.ts";
import { admit, PolicyDenial, type SocketPolicy } from "../../policy/index.ts";
import type { Gate } from "../../server/index.ts";
import { type PeerCredentials, peerCredentials } from "../../sys/index.ts";

export interface CountingGate extends Gate {
	/** Calls that were denied so far. */
	readonly denied: number;
}

/** Holds a policy's operations, and logs what is denied, with who asked; what is allowed if the policy says so. */
export function socketGate(policy: SocketPolicy, log: Logger): CountingGate {
	let denied = 0;
	return {
		get denied() {
			return denied;
		},
		arrive(descriptor) {
			// Now: when an answer has ended the descriptor may be somebody else's.
			const peer = peerOf(descriptor);
			return {
				admit: (operation) => admit(policy, operation),
				settled(operation, error) {
					const fields = { socket: policy.name, operation, uid: peer?.uid, pid: peer?.pid };
					if (error instanceof PolicyDenial) {
						denied++;
						log.warn("call denied", { ...fields, rule: error.rule, reason: error.message });
					} else if (policy.logAllowed && operation !== "" && error === undefined)
						log.info("call allowed", fields);
				},
			};
		},
	};
}

function peerOf(descriptor: number | undefined): PeerCredentials | undefined {
	if (descriptor === undefined) return undefined;
	try {
		return peerCredentials(descriptor);
	} catch {
		// It left before it was asked about.
		return undefined;
	}
}
