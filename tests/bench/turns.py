"""Programs that take turns: each answers a line with a line whose first word is a number."""
import subprocess


class Contestant:
    def __init__(self, command, settings):
        words = [str(word) for word in command] + [f"{key}={value}" for key, value in settings.items()]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"{self.process.args[0]}: no answer to '{line}'")
        return float(answer[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
