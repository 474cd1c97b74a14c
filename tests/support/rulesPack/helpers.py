import os


def start(command):
    return os.system(command)
