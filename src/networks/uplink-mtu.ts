import { decodeLink, decodeRoute, getLink, getRoutes, type RouteSocket } from "../sys/index.ts";

/** Larger packets than the way out takes would depend on path MTU discovery, which firewalls often break. */
export function uplinkMtu(route: RouteSocket): number {
	const index = defaultRouteLink(route);
	const uplink = route
		.dump(getLink())
		.map(decodeLink)
		.find((link) => link.index === index);
	return Math.min(1500, uplink?.mtu ?? 1500);
}

function defaultRouteLink(route: RouteSocket): number | undefined {
	return route
		.dump(getRoutes(4))
		.map(decodeRoute)
		.find((found) => found?.prefixLength === 0)?.linkIndex;
}
