import os, signal, subprocess, sys
helper = subprocess.Popen([sys.executable, "helper.py"])
web = subprocess.Popen(["gunicorn", "--bind", f"0.0.0.0:{os.environ['PORT']}", "--threads", "4", "app:app"])
def stop(*_):
    web.terminate()
    helper.terminate()
signal.signal(signal.SIGTERM, stop)
web.wait()
helper.wait()
