import { expect, test } from "bun:test";
import { addressPools } from "./address-pools.ts";

const nothing = { subnets: [], ranges: [], gateways: [], auxiliary: [] };

test("each range, gateway and address goes to the subnet that it is of", () => {
	expect(
		addressPools({
			subnets: ["10.1.0.0/16", "fd00:1::/64"],
			ranges: ["10.1.4.0/24"],
			gateways: ["fd00:1::9", "10.1.0.9"],
			auxiliary: [["router", "10.1.0.2"]],
		}),
	).toEqual([
		{
			Subnet: "10.1.0.0/16",
			IPRange: "10.1.4.0/24",
			Gateway: "10.1.0.9",
			AuxiliaryAddresses: { router: "10.1.0.2" },
		},
		{ Subnet: "fd00:1::/64", Gateway: "fd00:1::9" },
	]);
	expect(addressPools(nothing)).toEqual([]);
});

test("what is of no subnet is an error", () => {
	expect(() => addressPools({ ...nothing, gateways: ["10.1.0.1"] })).toThrow(
		"must have a corresponding subnet",
	);
	expect(() => addressPools({ ...nothing, subnets: ["10.1.0.0/16"], gateways: ["10.2.0.1"] })).toThrow(
		"no matching subnet for gateway 10.2.0.1",
	);
	expect(() =>
		addressPools({ ...nothing, subnets: ["10.1.0.0/16"], gateways: ["10.1.0.1", "10.1.0.2"] }),
	).toThrow("cannot configure multiple gateways");
});
