import { expect, test } from "bun:test";
import { networkIdentity } from "./identity.ts";

test("the default root has plain names, others their own, which fit into a link's name", () => {
	expect(networkIdentity("/var/lib/hull")).toMatchObject({
		bridgeName: "hull0",
		tableName: "hull",
		egressTable: "hull_egress",
	});
	const other = networkIdentity("/srv/hull");
	expect(other.bridgeName).toMatch(/^hull-[0-9a-f]{6}$/);
	expect(other.tableName).toBe(other.bridgeName.replace("-", "_"));
	expect(networkIdentity("/srv/hull2")).not.toEqual(other);
});
