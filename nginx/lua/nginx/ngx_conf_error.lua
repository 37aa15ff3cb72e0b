require("tidegate.errors").page()
