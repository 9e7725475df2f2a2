"""The worker's line to the supervisor: one thread owns the socket, and hears cancel while the engine computes."""

import os
import queue
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import zmq

from velatura_daemon.worker_protocol import (
    CancelJob,
    Frame,
    RunJob,
    SetPreviews,
    WorkerConfiguration,
    WorkerMessage,
    decode,
    encode,
    unpack,
)
from velatura_protocol.request import GenerationRequest

_INPROC = "inproc://from-main-thread"
#: Milliseconds that the last messages get to leave when the process ends by itself.
_LINGER = 1000


class JobControl:
    """What the supervisor may change while a job runs. Written by the channel's thread, read by the engine's."""

    def __init__(self, previews: int) -> None:
        self.cancelled = threading.Event()
        self.previews = previews


@dataclass(frozen=True)
class Order:
    """A job to run."""

    run: RunJob
    request: GenerationRequest
    control: JobControl


class Channel:
    """Made in the main thread, which alone calls ``next_order``, ``send`` and ``close``."""

    def __init__(self, configuration: WorkerConfiguration) -> None:
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self._outbox = self._context.socket(zmq.PAIR)
        self._outbox.bind(_INPROC)
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._controls: dict[str, JobControl] = {}
        self._thread = threading.Thread(target=self._run, args=(configuration,), name="channel", daemon=True)
        self._thread.start()

    def next_order(self) -> Order:
        """Wait for the next job."""
        return self._orders.get()

    def send(self, message: WorkerMessage, blobs: Sequence[Frame] = ()) -> None:
        """Never waits for the supervisor."""
        self._outbox.send_multipart(encode(message, blobs))

    def close(self) -> None:
        """Let the last messages leave and end the thread."""
        self._outbox.send(b"")
        self._thread.join()
        self._outbox.close()
        self._context.term()

    def _run(self, configuration: WorkerConfiguration) -> None:
        try:
            self._serve(configuration)
        except BaseException:  # noqa: BLE001 - without its channel the process is of no use and must not linger
            traceback.print_exc()
            os._exit(3)

    def _serve(self, configuration: WorkerConfiguration) -> None:
        inbox = self._context.socket(zmq.PAIR)
        inbox.connect(_INPROC)
        supervisor = _connect(self._context, configuration)
        poller = zmq.Poller()
        poller.register(inbox, zmq.POLLIN)
        poller.register(supervisor, zmq.POLLIN)
        is_open = True
        while is_open:
            ready = dict(poller.poll())
            if supervisor in ready:
                self._take(supervisor.recv_multipart())
            if inbox in ready:
                frames = inbox.recv_multipart(copy=False)
                is_open = len(frames) > 1
                if is_open:
                    supervisor.send_multipart(frames, copy=False)
        inbox.close()
        supervisor.close()

    def _take(self, frames: list[bytes]) -> None:
        message, blobs = decode(frames)
        if isinstance(message, RunJob):
            control = JobControl(message.previews)
            self._controls = {message.job: control}  # one job at a time
            self._orders.put(Order(message, unpack(GenerationRequest, blobs[0]), control))
        elif isinstance(message, CancelJob) and message.job in self._controls:
            self._controls[message.job].cancelled.set()
        elif isinstance(message, SetPreviews) and message.job in self._controls:
            self._controls[message.job].previews = message.previews


def _connect(context: "zmq.Context[zmq.Socket[bytes]]", configuration: WorkerConfiguration) -> "zmq.Socket[bytes]":
    socket = context.socket(zmq.DEALER)
    socket.linger = _LINGER
    socket.routing_id = configuration.routing_id.encode()
    socket.curve_serverkey = configuration.server_key.encode()
    socket.curve_publickey = configuration.public_key.encode()
    socket.curve_secretkey = configuration.secret_key.encode()
    socket.connect(configuration.endpoint)
    return socket
