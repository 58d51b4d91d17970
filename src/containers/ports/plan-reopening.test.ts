import { expect, test } from "bun:test";
import type { OpenPort } from "../../networks/index.ts";
import type { WantedPort } from "./plan-ports.ts";
import { planReopening } from "./plan-reopening.ts";

const tcp = { protocol: "tcp" as const };
const want = (containerPort: number, hostPort: number, hostAddress = ""): WantedPort => ({
	...tcp,
	...{ containerPort, hostAddress, firstPort: hostPort, lastPort: hostPort },
});
const open = (targetPort: number, hostPort: number, hostAddress: string): OpenPort => ({
	...tcp,
	...{ targetPort, hostAddress, hostPort },
});
const both = (targetPort: number, hostPort: number) => [
	open(targetPort, hostPort, "0.0.0.0"),
	open(targetPort, hostPort, "::"),
];

test("what is open as wanted is the same, in both families or one, whatever port was free", () => {
	expect(planReopening(both(80, 8080), [want(80, 8080)]).same).toBe(true);
	expect(planReopening([open(80, 31000, "0.0.0.0")], [want(80, 0)]).same).toBe(true);
	expect(planReopening([open(80, 1, "::1")], [want(80, 1, "0:0:0:0:0:0:0:1")]).same).toBe(true);
	expect(planReopening([], []).same).toBe(true);
});

test("a chosen port stays when another is added, and is not taken for two", () => {
	const { same, orders } = planReopening(both(80, 31000), [want(80, 0), want(80, 0), want(90, 9090)]);
	expect(same).toBe(false);
	expect(orders.map(({ firstPort, targetPort }) => [firstPort, targetPort])).toEqual([
		[31000, 80],
		[0, 80],
		[9090, 90],
	]);
});

test("one that is open and not wanted, or elsewhere, is not the same", () => {
	const ports = [...both(80, 8080), ...both(90, 9090)];
	expect(planReopening(ports, [want(80, 8080)])).toMatchObject({
		same: false,
		orders: [{ firstPort: 8080 }],
	});
	expect(planReopening([open(80, 8080, "127.0.0.1")], [want(80, 8080)]).same).toBe(false);
	expect(planReopening(both(80, 8080), [want(80, 8080, "127.0.0.1")]).same).toBe(false);
});
