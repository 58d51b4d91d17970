import type { HullSecret } from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { SecretsBackend } from "../../server/index.ts";
import { checkLabels, isOwn, ownLabels } from "../checks/labels.ts";
import { checkName } from "../checks/mounts.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { ownFilters } from "./owned.ts";

type Kind = Parameters<SecretsBackend["inspect"]>[0];

/** Secrets and configs behind a policy. */
export function guardSecrets(policy: SocketPolicy, inner: SecretsBackend): SecretsBackend {
	const own = async (kind: Kind, reference: string): Promise<HullSecret> => {
		const found = await find(inner, kind, reference);
		if (found !== undefined && (policy.scope === "all" || isOwn(policy, found.Spec.Labels))) return found;
		throw new EngineError("not_found", `no such ${kind}: ${reference}`);
	};
	return {
		async list(kind, filters) {
			return inner.list(kind, ownFilters(policy, filters));
		},
		async create(kind, request) {
			checkLabels(policy, request.Labels);
			checkName(policy, kind, request.Name);
			return inner.create(kind, { ...request, Labels: ownLabels(policy, request.Labels) });
		},
		inspect: own,
		async update(kind, reference, request) {
			const { ID, Spec } = await own(kind, reference);
			checkLabels(policy, request.Labels);
			// Labels that are given take the place of those that were there.
			const labels =
				request.Labels !== undefined && isOwn(policy, Spec.Labels)
					? { Labels: ownLabels(policy, request.Labels) }
					: {};
			return inner.update(kind, ID, { ...request, ...labels });
		},
		async remove(kind, reference) {
			return inner.remove(kind, (await own(kind, reference)).ID);
		},
	};
}

/** The id of one that a container gets: only the socket's own. `forbidden`. */
export async function ownSecret(
	policy: SocketPolicy,
	secrets: Pick<SecretsBackend, "inspect">,
	kind: Kind,
	reference: string,
): Promise<string> {
	const found = await find(secrets, kind, reference);
	if (found !== undefined && isOwn(policy, found.Spec.Labels)) return found.ID;
	throw denial(policy, "scope", `there is no ${kind} ${JSON.stringify(reference)} of this socket`);
}

async function find(
	secrets: Pick<SecretsBackend, "inspect">,
	kind: Kind,
	reference: string,
): Promise<HullSecret | undefined> {
	try {
		return await secrets.inspect(kind, reference);
	} catch (error) {
		if (isEngineError(error, "not_found") || isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}
