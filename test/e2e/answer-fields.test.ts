import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

/**
 * The fields of dockerd 20.10's answers, of which scripts take for granted that they are there, set or `null`. Left
 * out are those that later versions of the API dropped: kernel memory, the container that an image was made of.
 */
const fields = {
	container:
		"AppArmorProfile Args Config Created Driver ExecIDs GraphDriver HostConfig HostnamePath HostsPath Id Image LogPath " +
		"MountLabel Mounts Name NetworkSettings Path Platform ProcessLabel ResolvConfPath RestartCount State",
	state: "Dead Error ExitCode FinishedAt OOMKilled Paused Pid Restarting Running StartedAt Status",
	hostConfig:
		"AutoRemove Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps BlkioWeight " +
		"BlkioWeightDevice CapAdd CapDrop Cgroup CgroupParent CgroupnsMode ConsoleSize ContainerIDFile CpuCount CpuPercent " +
		"CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems DeviceCgroupRules " +
		"DeviceRequests Devices Dns DnsOptions DnsSearch ExtraHosts GroupAdd IOMaximumBandwidth IOMaximumIOps IpcMode " +
		"Isolation Links LogConfig MaskedPaths Memory MemoryReservation MemorySwap MemorySwappiness NanoCpus NetworkMode " +
		"OomKillDisable OomScoreAdj PidMode PidsLimit PortBindings Privileged PublishAllPorts ReadonlyPaths ReadonlyRootfs " +
		"RestartPolicy Runtime SecurityOpt ShmSize UTSMode Ulimits UsernsMode VolumeDriver VolumesFrom",
	config:
		"AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env Hostname Image Labels OnBuild OpenStdin " +
		"StdinOnce Tty User Volumes WorkingDir",
	networkSettings:
		"Bridge EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen HairpinMode IPAddress IPPrefixLen IPv6Gateway " +
		"LinkLocalIPv6Address LinkLocalIPv6PrefixLen MacAddress Networks Ports SandboxID SandboxKey SecondaryIPAddresses " +
		"SecondaryIPv6Addresses",
	endpoint:
		"Aliases DriverOpts EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen IPAMConfig IPAddress IPPrefixLen " +
		"IPv6Gateway Links MacAddress NetworkID",
	listed:
		"Command Created HostConfig Id Image ImageID Labels Mounts Names NetworkSettings Ports State Status",
	image:
		"Architecture Author Comment Config Created DockerVersion GraphDriver Id Metadata Os Parent RepoDigests RepoTags " +
		"RootFS Size VirtualSize",
	listedImage: "Containers Created Id Labels ParentId RepoDigests RepoTags SharedSize Size VirtualSize",
	volume: "CreatedAt Driver Labels Mountpoint Name Options Scope",
	network:
		"Attachable ConfigFrom ConfigOnly Containers Created Driver EnableIPv6 IPAM Id Ingress Internal Labels Name " +
		"Options Scope",
	exec: "CanRemove ContainerID DetachKeys ExitCode ID OpenStderr OpenStdin OpenStdout Pid ProcessConfig Running",
};

let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await hull.ok(["run", "-d", "--name", "plain", "-v", "vol:/v", "busybox", "sleep", "1000"]);
}, 30_000);
afterAll(async () => hull[Symbol.asyncDispose](), 30_000);

const ask = async (path: string) => (await hull.api("GET", `/v1.41${path}`)).json;

function expectFields(answer: object, kind: keyof typeof fields): void {
	const missing = fields[kind].split(" ").filter((name) => !(name in answer));
	expect({ kind, missing }).toEqual({ kind, missing: [] });
}

test("a container has all of dockerd's fields, inspected and listed", async () => {
	const container = await ask("/containers/plain/json");
	expectFields(container, "container");
	expectFields(container.State, "state");
	expectFields(container.HostConfig, "hostConfig");
	expectFields(container.Config, "config");
	expectFields(container.NetworkSettings, "networkSettings");
	expectFields(container.NetworkSettings.Networks.bridge, "endpoint");
	expect(container.HostConfig).toMatchObject({ CapAdd: null, PidMode: "", PortBindings: {} });
	expectFields((await ask("/containers/json"))[0], "listed");
	const created = await hull.api("POST", "/containers/create", { Image: "busybox" });
	expectFields((await ask(`/containers/${created.json.Id}/json`)).HostConfig, "hostConfig");
});

test("an image, a volume, a network and an exec have all of dockerd's fields", async () => {
	const image = await ask("/images/busybox/json");
	expectFields(image, "image");
	expectFields(image.Config, "config");
	expectFields((await ask("/images/json"))[0], "listedImage");
	expectFields(await ask("/volumes/vol"), "volume");
	for (const network of [await ask("/networks/bridge"), ...(await ask("/networks"))])
		expectFields(network, "network");
	const created = await hull.api("POST", "/containers/plain/exec", { Cmd: ["true"] });
	expectFields(await ask(`/exec/${created.json.Id}/json`), "exec");
});
