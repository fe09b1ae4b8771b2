# Runs a program on a terminal of its own and types one answer at each question: type-at-terminal.py ANSWERS PROGRAM ARG…
# ANSWERS is a JSON array. What the terminal shows goes to standard output; the exit code is the program's.
import json, os, pty, sys

answers = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # Linux: the program has closed the terminal
        break
    sys.stdout.buffer.write(data)
    shown += data
    if shown.endswith(b']: ') and answers:
        os.write(terminal, answers.pop(0).encode() + b'\r')
        shown = b''
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
