"""What a task can leave behind in its process that could harm the next one."""

# ruff: noqa: PLC0415 - a function brings its imports along


def leave_behind(what: str) -> int:
    """Leave something in the process that could harm the next task; return the pid."""
    import os

    source = {
        "working directory": "import os; os.chdir('/')",
        "umask": "import os; os.umask(0)",
        "environment": "import os; os.environ['PATH'] = '/nowhere'",
        "environment unset": "import os; del os.environ['PATH']",
        "import path": "import sys; sys.path.insert(0, '/nowhere')",
        "stdout": "import sys, io; sys.stdout = io.StringIO()",
        "stderr": "import sys, io; sys.stderr = io.StringIO()",
        "recursion limit": "import sys; sys.setrecursionlimit(100)",
        "handler of SIGTERM": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "handler of SIGINT": "import signal; signal.signal(signal.SIGINT, lambda *_: None)",
        "handler of SIGALRM": "import signal; signal.signal(signal.SIGALRM, lambda *_: None)",
        "handler of SIGVTALRM": "import signal; signal.signal(signal.SIGVTALRM, lambda *_: None)",
        "handler of SIGSEGV": "import signal; signal.signal(signal.SIGSEGV, signal.SIG_IGN)",
        "faulthandler": "import faulthandler; faulthandler.disable()",
        "real timer": "import signal; signal.setitimer(signal.ITIMER_REAL, 3600)",
        "virtual timer": "import signal; signal.setitimer(signal.ITIMER_VIRTUAL, 3600)",
        "profiling timer": "import signal; signal.setitimer(signal.ITIMER_PROF, 3600)",
        "mask": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
        "thread": "import threading; threading.Thread(target=threading.Event().wait).start()",
        "daemon thread": (
            "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
        ),
        "bare thread": (
            "import _thread, time; _thread.start_new_thread(time.sleep, (3600,)); time.sleep(0.05)"
        ),
        "tracer": "import sys; sys.settrace(lambda *_: None)",
        "profiler": "import sys; sys.setprofile(lambda *_: None)",
        "collector": "import gc; gc.disable()",
        "socket timeout": "import socket; socket.setdefaulttimeout(0.001)",
        "limit of files": (
            "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))"
        ),
        "limit of time": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (600, 600))",
        "limit of file size": (
            "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))"
        ),
        "priority": "import os; os.nice(1)",
        "open files": "import os\nfor _ in range(700): os.open('/dev/null', 0)",
        "closed stdin": "import os; os.close(0)",
        "closed stdout": "import os; os.close(1)",
        "child process": "import subprocess; subprocess.Popen(['/bin/sleep', '3600'])",
        "child process in a session": (
            "import subprocess; subprocess.Popen(['/bin/sleep', '3600'], start_new_session=True)"
        ),
        "zombie": "import os\nif os.fork() == 0: os._exit(0)",
    }[what]
    exec(source, {})  # noqa: S102 - a function of one line each
    return os.getpid()
