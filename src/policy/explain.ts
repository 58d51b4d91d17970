import type {
	ContainerCreateRequest,
	ContainerUpdateRequest,
	ExecCreateRequest,
	HullChanges,
	Mount,
	NetworkCreateRequest,
	VolumeCreateRequest,
} from "../api/index.ts";
import { parseMount } from "../api/syntax.ts";
import { admit } from "./admit.ts";
import { checkChanges } from "./checks/changes.ts";
import { checkCreate } from "./checks/create.ts";
import { checkExec } from "./checks/exec.ts";
import { checkMount } from "./checks/mounts.ts";
import { checkNetwork } from "./checks/networks.ts";
import { checkUpdate } from "./checks/resources.ts";
import { checkVolume } from "./checks/volumes.ts";
import type { SocketPolicy } from "./contract.ts";
import { PolicyDenial } from "./denial.ts";
import { groupOf } from "./operations.ts";

export interface Explanation {
	readonly allowed: boolean;
	/** Group of the operation. */
	readonly group: string | undefined;
	/** The rule that denies. */
	readonly rule: string | undefined;
	readonly message: string;
}

/**
 * What a policy says to a call, by the same checks that calls go through. What a body names (images, containers,
 * networks, volumes) is not looked up.
 */
export function explain(
	policy: SocketPolicy,
	call: { readonly operation: string; readonly body: unknown },
): Explanation {
	const group = groupOf(call.operation);
	try {
		admit(policy, call.operation);
		if (call.body !== undefined) bodyChecks[call.operation]?.(policy, call.body);
		const scoped = policy.scope === "own" ? ", on what is this socket's own" : "";
		return { allowed: true, group, rule: undefined, message: `${call.operation} is allowed${scoped}` };
	} catch (error) {
		if (!(error instanceof PolicyDenial)) throw error;
		return { allowed: false, group, rule: error.rule, message: error.message };
	}
}

const bodyChecks: Readonly<Record<string, (policy: SocketPolicy, body: unknown) => void>> = {
	ContainerCreate: (policy, body) => checkCreate(policy, body as ContainerCreateRequest),
	ContainerUpdate: (policy, body) => checkUpdate(policy, body as ContainerUpdateRequest),
	ContainerExec: (policy, body) => checkExec(policy, body as ExecCreateRequest),
	HullContainerChange: (policy, body) => checkChanges(policy, body as HullChanges),
	HullContainerMountAdd: (policy, body) => checkMount(policy, parseMount(body as Mount)),
	NetworkCreate: (policy, body) => checkNetwork(policy, body as NetworkCreateRequest),
	VolumeCreate: (policy, body) => checkVolume(policy, body as VolumeCreateRequest),
};
