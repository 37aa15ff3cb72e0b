package.loaded["tidegate.headers"].run()
