export { fromByteString, PATH_MAX, toByteString } from "./byte-path.ts";
export { enterRoot } from "./chroot.ts";
export { cloneFile } from "./clone-file.ts";
export { cloneMountHere, joinMountNamespace } from "./clone-mount.ts";
export { connectIn } from "./connect-in.ts";
export { forbidCoreDumps } from "./core-dumps.ts";
export { listDirectory } from "./directory-entries.ts";
export { diskBytes } from "./disk-bytes.ts";
export { inNetworkNamespace } from "./enter-netns.ts";
export { exchangeNames } from "./exchange-names.ts";
export { dataExtents, type Extent, seekTo, setFileSize } from "./file-extents.ts";
export { tryLockFile } from "./file-lock.ts";
export { asFileOwner } from "./file-owner.ts";
export {
	AT_FDCWD,
	changeDirectory,
	changeMode,
	changeModeAt,
	changeOwner,
	changeOwnerAt,
	closeFd,
	type FileTime,
	linkAt,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openAt,
	openInRoot,
	readLinkAt,
	removeDirectoryAt,
	setTimes,
	setTimesAt,
	symlinkAt,
	unlinkAt,
} from "./files-at.ts";
export { type Filter, startFilter } from "./filter.ts";
export { releaseIdleMemory } from "./idle-memory.ts";
export { errnoName, SystemError } from "./libc.ts";
export { enterPrivateMountNamespace, MS, mount, unmount } from "./mount.ts";
export { mountsBelow } from "./mount-table.ts";
export {
	cloneTree,
	mapTree,
	overlayTree,
	restrictTree,
	type TreePropagation,
	tmpfsTree,
} from "./mount-tree.ts";
export {
	addAddress,
	decodeAddress,
	deleteAddress,
	getAddresses,
	type LinkAddress,
} from "./netlink/address.ts";
export { forgetConnections, type TrackedConnection, trackedConnections } from "./netlink/connections.ts";
export { watchKernel } from "./netlink/events.ts";
export {
	createBridge,
	createDummy,
	createMacvlan,
	createVethPair,
	createVlan,
	decodeLink,
	deleteLink,
	getLink,
	isolatePort,
	type Link,
	macvlanModes,
	setLink,
} from "./netlink/link.ts";
export { decodeAttributes, decodeText, type Message, type ReceivedMessage } from "./netlink/message.ts";
export { type LoggedPacket, watchPacketLog } from "./netlink/packet-log.ts";
export {
	addRoute,
	decodeRoute,
	deleteRoute,
	getRoutes,
	getRouteTo,
	isLocalRoute,
	type Route,
	replaceRoute,
} from "./netlink/route.ts";
export { NetlinkError, openRouteSocket, type RouteSocket } from "./netlink/socket.ts";
export { bringUpLoopback, createNetworkNamespace } from "./netns.ts";
export { dieWithParent } from "./parent-death.ts";
export { parseYaml } from "./parse-yaml.ts";
export { peekBytes } from "./peek.ts";
export { type PeerCredentials, peerCredentials } from "./peer-credentials.ts";
export { type PipedStream, pipeThrough } from "./pipe-through.ts";
export { type CommandResult, runCommand } from "./run-command.ts";
export { compileSeccomp, type SeccompFilter } from "./seccomp.ts";
export { createSocketPair } from "./socketpair.ts";
export { type ChildProcess, spawnProcess } from "./spawn.ts";
export { type DetachedProcess, spawnDetached } from "./spawn-detached.ts";
export { type FileStat, S, statAt, statFd } from "./statx.ts";
export { streamSocket } from "./stream-socket.ts";
export { syncFileSystem } from "./sync-file-system.ts";
export { readSysctl, writeSysctl } from "./sysctl.ts";
export { createTap } from "./tap.ts";
export { makeTerminalRaw, terminalSize } from "./terminal-mode.ts";
export {
	type IdRange,
	type IdRanges,
	idsOfProcess,
	makeUserNamespace,
	type UserNamespaceFds,
} from "./user-namespace.ts";
export { verifyPassword } from "./verify-password.ts";
export { spawnWorker, type WorkerProcess } from "./worker.ts";
export { getXattr, listXattrs, setXattr, type XattrPlace } from "./xattr.ts";
