import type { Network } from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { NetworkBackend } from "../../server/index.ts";
import { isOwn, ownLabels } from "../checks/labels.ts";
import { checkEndpoint, checkNetwork } from "../checks/networks.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { matchesName } from "../patterns.ts";
import { joinedContainer, ownContainer, ownFilters } from "./owned.ts";
import type { GuardRooms } from "./rooms.ts";

/** Networks behind a policy. */
export function guardNetworks(
	policy: SocketPolicy,
	inner: NetworkBackend,
	rooms: GuardRooms,
): NetworkBackend {
	/** The id of one that may be changed. */
	const own = async (reference: string) => {
		const found = await find(inner, reference);
		if (found !== undefined && (policy.scope === "all" || isOwn(policy, found.Labels))) return found.Id!;
		if (found !== undefined && isVisible(policy, found))
			throw denial(policy, "scope", `the network ${found.Name} is not this socket's own`);
		throw notFound(reference);
	};
	return {
		async list(filters) {
			return (await inner.list(filters)).filter((network) => isVisible(policy, network));
		},
		async inspect(reference, options) {
			const { Id } = await visible(reference);
			const network = await inner.inspect(Id!, options);
			const mayBeSeen = ([id]: [string, unknown]) =>
				policy.scope === "all" || isOwn(policy, rooms.container(id)?.labels);
			const containers = Object.entries(network.Containers ?? {}).filter(mayBeSeen);
			return { ...network, Containers: Object.fromEntries(containers) };
		},
		async create(request) {
			checkNetwork(policy, request);
			return inner.create({ ...request, Labels: ownLabels(policy, request.Labels) });
		},
		async remove(reference) {
			return inner.remove(await own(reference));
		},
		async connect(reference, request) {
			const Container = ownContainer(policy, rooms, request.Container ?? "");
			const { EndpointConfig: settings = {} } = request;
			checkEndpoint(policy, settings);
			for (const link of settings.Links ?? [])
				joinedContainer(policy, rooms, { field: "Links", reference: link.split(":", 1)[0]! });
			return inner.connect(await joinableNetwork(policy, inner, reference), { ...request, Container });
		},
		async disconnect(reference, request) {
			const Container = ownContainer(policy, rooms, request.Container ?? "");
			const { Id } = await visible(reference);
			return inner.disconnect(Id!, { ...request, Container });
		},
		async prune(filters) {
			return inner.prune(ownFilters(policy, filters));
		},
	};

	async function visible(reference: string): Promise<Network> {
		const found = await find(inner, reference);
		if (found !== undefined && isVisible(policy, found)) return found;
		throw notFound(reference);
	}
}

/** The id of a network that containers may join. `forbidden` by the rule `networks` for one that is not there, too. */
export async function joinableNetwork(
	policy: SocketPolicy,
	networks: Pick<NetworkBackend, "inspect">,
	reference: string,
): Promise<string> {
	const found = await find(networks, reference);
	const mayJoin =
		found !== undefined &&
		found.Driver !== "host" &&
		(isOwn(policy, found.Labels) || matchesName(policy.rules.networks, found.Name ?? ""));
	if (mayJoin) return found.Id!;
	throw denial(policy, "networks", `the network ${JSON.stringify(reference)} may not be joined`);
}

function isVisible(policy: SocketPolicy, { Labels, Name = "" }: Network): boolean {
	return policy.scope === "all" || isOwn(policy, Labels) || matchesName(policy.rules.networks, Name);
}

async function find(
	networks: Pick<NetworkBackend, "inspect">,
	reference: string,
): Promise<Network | undefined> {
	try {
		return await networks.inspect(reference, { verbose: false, scope: "" });
	} catch (error) {
		if (isEngineError(error, "not_found") || isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}

function notFound(reference: string): EngineError {
	return new EngineError("not_found", `network ${reference} not found`);
}
