import { EngineError, errnoOf } from "../../../lib/index.ts";
import {
	createDummy,
	createVlan,
	type Link,
	type Message,
	openRouteSocket,
	type RouteSocket,
	setLink,
} from "../../../sys/index.ts";
import { findLink } from "../bridge/ensure-bridge.ts";
import type { MacvlanSettings } from "./settings.ts";

/**
 * Makes the parent link when it is not there: `eth0.10`, as Docker does, is the VLAN 10 on eth0, and without a parent
 * one that leads nowhere. Errors: `invalid_argument` for a name that neither is a link nor tells how to make one,
 * `not_implemented` for what the kernel does not have.
 */
export async function ensureParent(settings: MacvlanSettings): Promise<Link> {
	using route = openRouteSocket();
	const known = await findLink(route, settings.parent);
	if (known !== undefined) return known;
	await makeParent(route, settings);
	const made = await findLink(route, settings.parent);
	if (made === undefined) throw new Error(`the link ${settings.parent} vanished as soon as it was made`);
	return made;
}

async function makeParent(route: RouteSocket, settings: MacvlanSettings): Promise<void> {
	const { parent } = settings;
	const message = settings.isDummy ? createDummy({ name: parent }) : await vlanOf(route, parent);
	await makeLink(
		route,
		message,
		settings.isDummy ? "dummy links, which a network without a parent needs" : "VLANs",
	);
	const link = await findLink(route, parent);
	if (link !== undefined) await route.requestInBackground([setLink({ index: link.index, up: true })]);
}

async function vlanOf(route: RouteSocket, name: string): Promise<Message> {
	const match = /^(.+)\.([1-9][0-9]{0,3})$/.exec(name);
	if (match === null || Number(match[2]) > 4094)
		throw new EngineError(
			"invalid_argument",
			`invalid subinterface vlan name ${name}, example formatting is eth0.10`,
		);
	const lower = await findLink(route, match[1]!);
	if (lower === undefined)
		throw new EngineError("invalid_argument", `failed to find master interface ${match[1]} on the host`);
	return createVlan({ name, parentIndex: lower.index, vlanId: Number(match[2]) });
}

async function makeLink(route: RouteSocket, message: Message, what: string): Promise<void> {
	try {
		await route.requestInBackground([message]);
	} catch (cause) {
		if (errnoOf(cause) === "EEXIST") return;
		if (errnoOf(cause) !== "EOPNOTSUPP") throw cause;
		throw new EngineError("not_implemented", `this kernel has no ${what}`, { cause });
	}
}
