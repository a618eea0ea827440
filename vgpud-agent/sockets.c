// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sockets.c - where the listening sockets come from. No lock: called at the start and at the end.
 *
 * Systemd's sockets are there before the agent is and stay when it ends: a client that connects while the agent is restarted waits for
 * it. What systemd passes is all that is served, so that an operator can do without the read-only socket by masking its unit.
 */
#include "vgpud-agent/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/rpc.h"

#define UNIT "vgpud.socket"

/* FileDescriptorName= of the units. */
static const char *const names[VGPU_SOCKETS] = {
	[VGPU_SOCKET_FULL] = "vgpud",
	[VGPU_SOCKET_READONLY] = "vgpud-ro",
};

static int take_one(int fd, const char *name, struct vgpu_sockets *sockets, struct vgpu_error *ret_error)
{
	const char *const remedy = "see vgpud(8), SOCKETS";
	unsigned int kind;

	for (kind = 0; kind < VGPU_SOCKETS && strcmp(name, names[kind]) != 0; kind++)
		;
	if (kind == VGPU_SOCKETS)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, name, remedy, "systemd passed a socket that has no such name");
	if (sockets->of[kind].fd >= 0)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, name, remedy, "systemd passed two sockets of this name");
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, name, remedy,
				      "systemd passed something else than a UNIX stream socket that listens");
	/* As the event loop wants it; systemd has its own opinion. */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, name, remedy, "it can't be made non-blocking: %s",
				      strerror(errno));
	sockets->of[kind].fd = fd;
	return 0;
}

/* Takes over all of them or fails. Nothing is closed when it does: the agent ends. */
static int take_over(char **names_passed, int count, struct vgpu_sockets *sockets, struct vgpu_error *ret_error)
{
	int i, rc = 0;

	for (i = 0; !rc && i < count; i++)
		rc = take_one(SD_LISTEN_FDS_START + i, names_passed[i], sockets, ret_error);
	if (!rc && sockets->of[VGPU_SOCKET_FULL].fd < 0)
		rc = vgpu_error_set(ret_error, VGPU_EXIT_FAILED, UNIT, "systemctl start " UNIT,
				    "systemd passed the read-only socket and not this one");
	return rc;
}

/* A socket that nobody answers on is left over from an agent that died. */
static int remove_stale(const struct sockaddr_un *address)
{
	int fd, rc;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : -EADDRINUSE;
	close(fd);
	if (rc == -ECONNREFUSED)
		rc = unlink(address->sun_path) ? -errno : 0;
	return rc == -ENOENT ? 0 : rc;
}

/* Sets the path as soon as there is something to remove. */
static int bind_one(struct vgpu_socket *sock, const char *path, const struct group *group, mode_t mode)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int rc;

	strcpy(address.sun_path, path);
	rc = remove_stale(&address);
	if (rc)
		return rc;
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return -errno;
	/* Nobody gets in between bind() and chmod(). */
	mask = umask(0777);
	rc = bind(sock->fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (rc)
		return rc;
	strcpy(sock->path, path);
	if (group && !geteuid() && chown(path, 0, group->gr_gid))
		return -errno;
	return chmod(path, mode) || listen(sock->fd, SOMAXCONN) ? -errno : 0;
}

/* Where no unit has made it. */
static int make_directory(const char *socket_path)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	strcpy(directory, socket_path);
	slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return 0;
	*slash = '\0';
	return mkdir(directory, 0755) && errno != EEXIST ? -errno : 0;
}

static int bind_both(const char *socket_path, struct vgpu_sockets *sockets)
{
	char readonly_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int rc;

	if (strlen(socket_path) >= sizeof(readonly_path))
		return -ENAMETOOLONG;
	rc = vgpu_rpc_readonly_path(socket_path, readonly_path, sizeof(readonly_path));
	if (!rc)
		rc = make_directory(socket_path);
	if (!rc)
		rc = bind_one(&sockets->of[VGPU_SOCKET_FULL], socket_path, getgrnam(VGPU_GROUP), 0660);
	return rc ? rc : bind_one(&sockets->of[VGPU_SOCKET_READONLY], readonly_path, NULL, 0666);
}

static void free_names(char **list)
{
	char **name;

	for (name = list; name && *name; name++)
		free(*name);
	free(list);
}

/**
 * vgpu_sockets_open() - have sockets to listen on
 * @socket_path: where to bind when systemd has passed none; its directory is made when missing, the mode is 0660, the group vgpu where
 *	there is one; the read-only neighbour has the mode 0666
 * @ret_sockets: the sockets, released by vgpu_sockets_close()
 * @ret_error: why there are none
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_sockets_open(const char *socket_path, struct vgpu_sockets *ret_sockets, struct vgpu_error *ret_error)
{
	struct vgpu_sockets sockets = { .of = { { .fd = -1 }, { .fd = -1 } } };
	char **passed = NULL;
	int count, rc;

	count = sd_listen_fds_with_names(true, &passed);
	if (count > 0) {
		rc = take_over(passed, count, &sockets, ret_error);
		free_names(passed);
	} else {
		rc = count ? count : bind_both(socket_path, &sockets);
		if (rc)
			rc = vgpu_error_set(ret_error, VGPU_EXIT_FAILED, socket_path,
					    rc == -EADDRINUSE ? "end the vgpud that has it" : "see vgpud(8), SOCKETS",
					    "can't listen: %s", strerror(-rc));
	}
	if (rc)
		vgpu_sockets_close(&sockets);
	else
		*ret_sockets = sockets;
	return rc;
}

/**
 * vgpu_sockets_close() - stop listening; systemd's sockets go on without us
 * @sockets: what vgpu_sockets_open() returned
 */
void vgpu_sockets_close(struct vgpu_sockets *sockets)
{
	struct vgpu_socket *sock;

	for (sock = sockets->of; sock < sockets->of + VGPU_SOCKETS; sock++) {
		if (sock->fd >= 0)
			close(sock->fd);
		if (sock->path[0])
			unlink(sock->path);
	}
}
